/**
 * A model's id as one segment of a path.
 *
 * Ids hold slashes and colons, and an id is text from settings: nothing in it may end the segment, begin a
 * query or climb. What is left to encode are dots that stand alone, which encoding leaves as they are.
 */
export function pathSegment(id: string): string {
  if (/^\.{1,2}$/.test(id)) return id.replaceAll('.', '%2E')
  return encodeURIComponent(id)
}
