// A double of `tenon:plugin/kernel`.

import { refusal, the } from './host.js';

export function call(method: string, path: string, body: string): { status: number; body: string } {
  const answer = the().kernel(method, path, body);
  if (!answer) throw refusal('denied', `the test answers no ${method} ${path}`);
  return { status: answer.status, body: answer.body ?? '' };
}
