/** `changeover serve`: becomes the gateway. Its flags are the gateway's own, and so is its help. */
import type { Command } from '../command.ts'

export const serve: Command = {
  name: 'serve',
  summary: 'run a gateway',
  usage: '[FLAGS]',
  about: '"changeover serve --help" lists the flags.',
  words: [0, 0],
  options: {},
  raw: true,
  examples: [
    ['changeover serve --settings changeover.yaml', 'with this file; it is made when it is not there'],
  ],
  // Loaded here and not above: no other command needs the gateway.
  run: async ({ raw }) => (await import('@changeover/gateway')).serve({ argv: raw }),
}
