/** `@changeover/gateway`: what the command line and tests may use of it. */
export type * from './contract/settings.ts'
export { GatewayError, isGatewayError, rules, sayError } from './errors.ts'
