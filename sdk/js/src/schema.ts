// JSON Schemas as plain objects, and the types that follow from them.

/** A JSON Schema. What is not listed here may be used all the same. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly [keyword: string]: unknown;
}

type Names = { string: string; number: number; integer: number; boolean: boolean; null: null };

type Required<S> = S extends { required: readonly (infer R)[] } ? R : never;

type Defaulted<P> = { [K in keyof P]: P[K] extends { default: unknown } ? K : never }[keyof P];

type Flat<T> = { [K in keyof T]: T[K] } & {};

type Properties<S, P> = Flat<
  { -readonly [K in keyof P as K extends Required<S> | Defaulted<P> ? K : never]: FromSchema<P[K]> } & {
    -readonly [K in keyof P as K extends Required<S> | Defaulted<P> ? never : K]?: FromSchema<P[K]>;
  }
>;

type Typed<S, T> = T extends keyof Names
  ? Names[T]
  : T extends 'array'
    ? S extends { items: infer I } ? FromSchema<I>[] : unknown[]
    : T extends 'object'
      ? S extends { properties: infer P } ? Properties<S, P> : Record<string, unknown>
      : unknown;

/**
 * The type of what a schema accepts: `enum`, `const`, `type`, `items`, `properties`, `required`;
 * a property with a `default` is always there. Anything else is `unknown`.
 */
export type FromSchema<S> = S extends { const: infer C }
  ? C
  : S extends { enum: readonly (infer E)[] }
    ? E
    : S extends { type: readonly (infer T)[] }
      ? Typed<S, T>
      : S extends { type: infer T } ? Typed<S, T> : unknown;
