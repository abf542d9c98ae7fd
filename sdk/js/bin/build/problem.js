// A mistake of the author's: its message is all that is printed.

export class Problem extends Error {
  /** Throws all that was found at once, if anything was. */
  static of(sentences) {
    if (sentences.length > 0) throw new Problem(sentences.join('\nerror: '));
  }
}
