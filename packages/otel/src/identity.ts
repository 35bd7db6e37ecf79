/**
 * Who emits: the service and this instance, as OpenTelemetry's resource and instrumentation scope.
 *
 * Fixed for the life of the process, as a resource must be; the version of the settings is therefore an
 * attribute of spans and records, never of the resource.
 */
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import { SCOPE_NAME } from './names.ts'

export interface Identity {
  readonly resource: Resource
  readonly scope: InstrumentationScope
  readonly attributes: Readonly<Record<string, string>>
}

export function createIdentity(who: {
  readonly serviceName: string
  readonly serviceVersion: string
  readonly instance: string
  readonly scope?: string
}): Identity {
  const attributes = Object.freeze({
    'service.name': who.serviceName,
    'service.version': who.serviceVersion,
    'service.instance.id': who.instance,
    'telemetry.sdk.name': 'changeover',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': who.serviceVersion,
  })
  return {
    attributes,
    resource: plainResource(attributes),
    scope: Object.freeze({ name: who.scope ?? SCOPE_NAME, version: who.serviceVersion }),
  }
}

/** What an exporter reads of a resource, without loading the SDK's own. */
function plainResource(attributes: Readonly<Record<string, string>>): Resource {
  const resource: Resource = {
    attributes,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  }
  return resource
}
