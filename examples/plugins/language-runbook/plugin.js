// Runbooks: the `sh` blocks of a Markdown file are the steps of a run, in their order.
import { plugin } from '@tenon/sdk';

import { compile, drive } from './language.js';
import { summary } from './summary.js';

export default plugin({
  name: 'language-runbook',
  version: '0.1.0',
  summary: 'Runs the shell blocks of Markdown files.',
  requests: [{ capability: 'output', reason: 'Writes the summary into the log of the last step.' }],
  language: { patterns: ['*.runbook.md'], compile, drive },
  actions: { summary },
});
