// What a runbook means, and what follows from the results of its steps. The same events give the
// same commands: there is no clock and no randomness here.

/** Reads a runbook: each `sh` block is a step, called as the heading above it. */
export function compile({ source }) {
  const steps = [];
  const diagnostics = [];
  let heading = '';
  let block;
  for (const [index, line] of source.split('\n').entries()) {
    if (block) {
      if (line.trim() !== '```') block.lines.push(line);
      else {
        if (block.language === 'sh') steps.push(step(block, steps.length + 1));
        block = undefined;
      }
      continue;
    }
    const fence = /^```\s*(\S*)/.exec(line);
    const title = /^#+\s+(.+)/.exec(line);
    if (fence) block = { language: fence[1], name: heading, line: index + 1, lines: [] };
    else if (title) heading = title[1].trim();
  }
  const say = (severity, code, message, line, hint) =>
    diagnostics.push({ severity, code, message, line, column: 1, hint });
  if (block) say('error', 'open-block', 'this block has no end', block.line, 'write ``` below it');
  else if (steps.length === 0) say('error', 'no-steps', 'the runbook has no step', 0, 'begin a block with ```sh');
  if (diagnostics.length > 0) return { diagnostics };
  return { plan: { program: JSON.stringify(steps), jobs: [{ name: 'runbook' }] } };
}

function step({ name, lines }, number) {
  const word = name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return { path: `${number}-${word || 'step'}`, name: name || `step ${number}`, script: lines.join('\n') };
}

/** Answers events: one step after the other, then the summary. */
export function drive(program, state = { ended: [], at: '', stop: false }, events) {
  const steps = JSON.parse(program);
  const commands = [];
  for (const event of events) {
    if (event.event === 'cancel-requested') {
      state.stop = true;
      commands.push({ command: 'cancel', path: state.at, reason: 'the run was cancelled' });
    } else if (event.event === 'started') {
      commands.push(start(steps[0], state));
    } else if (event.event === 'step-ended' && event.path === state.at) {
      commands.push(...ended(event, steps, state));
    }
  }
  return { state, commands };
}

function ended({ path, status, message }, steps, state) {
  if (path === 'summary') return [{ command: 'finish', status, message }];
  const name = steps[state.ended.length].name;
  state.ended.push({ name, status });
  if (state.stop) return [{ command: 'finish', status: 'cancelled' }];
  if (status !== 'succeeded') {
    return [{ command: 'finish', status, message: `${name}: ${message ?? status}` }];
  }
  const next = steps[state.ended.length];
  if (next) return [start(next, state)];
  state.at = 'summary';
  const work = { kind: 'action', plugin: 'language-runbook', name: 'summary', input: { steps: state.ended } };
  return [{ command: 'start', path: 'summary', name: 'summary', kind: 'task', work }];
}

function start({ path, name, script }, state) {
  state.at = path;
  const command = { path: 'sh', args: ['-e', '-u', '-c', script], dir: 'work' };
  // All steps share a directory.
  const mounts = [{ volume: 'work', path: 'work', readOnly: false }];
  return { command: 'start', path, name, kind: 'task', work: { kind: 'launch', spec: { command, mounts } } };
}
