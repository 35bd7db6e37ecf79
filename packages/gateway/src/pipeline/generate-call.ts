/**
 * A request for a model's reply, in whichever format: the one that guards look at, and that may be answered with what was
 * kept.
 */
import { RoutedCall } from './routed-call.ts'

export class GenerateCall extends RoutedCall {}
