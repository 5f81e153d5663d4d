/**
 * How often a property is tried: `times` as `npm test` does it, more where FAULTWIRE_PROPERTY_FACTOR says how many
 * times more. `npm test` has minutes; `FAULTWIRE_PROPERTY_FACTOR=10 npm test -- property` is the long form, with new seeds
 * each time (`scripts/property-seed.ts`).
 *
 * @param times the number of runs that `npm test` can afford
 * @throws RangeError when the variable is set and no number above 0
 * @example `fc.assert(fc.property(bytes, check), { numRuns: propertyRuns(200) });`
 */
export function propertyRuns(times: number): number {
  const factor = Number(process.env["FAULTWIRE_PROPERTY_FACTOR"] ?? 1);
  if (!(factor > 0)) throw new RangeError("FAULTWIRE_PROPERTY_FACTOR: expected a number above 0");
  return Math.ceil(times * factor);
}
