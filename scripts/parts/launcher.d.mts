/** For the tests. */
export declare function writeLauncher(it: {
  readonly bundle: string
  readonly build: string
  readonly gatewayWhen: string | null
}): string
