/** For the tests. */
export declare function withRows(
  text: string,
  it: {
    readonly table: string
    readonly head: readonly string[]
    readonly names: readonly string[]
    readonly rows: readonly (readonly string[])[]
  },
): string
