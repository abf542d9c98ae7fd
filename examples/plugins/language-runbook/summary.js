// The action that ends each run of a runbook.
import { action } from '@tenon/sdk';
import * as output from '@tenon/sdk/output';

export const summary = action({
  summary: 'Writes what was done into the log.',
  input: {
    type: 'object',
    required: ['steps'],
    properties: {
      steps: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name', 'status'],
          properties: { name: { type: 'string' }, status: { type: 'string' } },
        },
      },
    },
  },
  output: { type: 'integer', description: 'How many steps there were.' },
  start({ steps }) {
    const names = steps.map(({ name }) => name).join(', ');
    output.stdout(`done: ${names}\n`);
    return steps.length;
  },
});
