/** For the benchmark, which starts the gateway as `npm start` does. */
export declare const gatewayFlags: readonly string[]
export declare const lateFlags: readonly string[]
export declare const gatewayEnvironment: Readonly<Record<string, string>>
export declare const earlyFlags: readonly string[]
export declare const withoutMaglev: Readonly<
  Record<number, { readonly early: readonly string[]; readonly late: readonly string[] }>
>
