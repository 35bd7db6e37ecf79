/**
 * What a map itself says under a name, and not what every object of the language inherits: entries may be called
 * `toString` or `valueOf`, and one of that name that is not there would be a function.
 */
export function ownValue<Value>(
  map: Readonly<Record<string, Value>> | undefined,
  name: string,
): Value | undefined {
  return map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined
}
