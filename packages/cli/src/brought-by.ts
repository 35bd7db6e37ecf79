/** What a change that was taken has brought: asked for once it is in, for whoever reads the receipt. */
import type { Client, Receipt, VersionDiff } from '@changeover/sdk'

/** `null` where nothing came in, or nothing was there before. */
export async function broughtBy(
  client: Client,
  { outcome, previous, version }: Receipt,
): Promise<VersionDiff | null> {
  if (outcome !== 'applied' || previous == null || version === null) return null
  return await client.ask('diffVersions', { params: { from: previous, to: version } })
}
