/** Names and addresses by which only this machine can be reached. What is not known to be one is taken for none. */
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/i

export function isLoopback(host: string): boolean {
  return loopback.test(host)
}
