// Digests, against those of Node.js.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { sha256 } from '../dist/sha256.js';

test('a digest is that of other programs, whatever the length', () => {
  assert.equal(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  for (const length of [1, 3, 54, 55, 56, 63, 64, 65, 119, 120, 128, 1_000, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + length) % 256);
    assert.equal(sha256(bytes), createHash('sha256').update(bytes).digest('hex'), `${length} bytes`);
  }
  assert.equal(sha256('grüße'), createHash('sha256').update('grüße').digest('hex'));
});
