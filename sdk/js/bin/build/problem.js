// A mistake of the author's: its message is all that is printed.

export class Problem extends Error {}
