/** For the tests. */
export declare function readOptions<Name extends string, Count extends string = never>(
  args: readonly string[],
  it: {
    readonly usage: string
    readonly options: Readonly<Record<Name | Count, { readonly type: 'string'; readonly default?: string }>>
    readonly numbers?: readonly Count[]
  },
): Readonly<Record<Exclude<Name, Count>, string | undefined> & Record<Count, number>>
