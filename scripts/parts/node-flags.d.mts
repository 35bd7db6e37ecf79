/** For the benchmark, which starts the gateway as `npm start` does. */
export declare const gatewayFlags: readonly string[]
export declare const lateFlags: readonly string[]
export declare const gatewayEnvironment: Readonly<Record<string, string>>
