import { mapTemplates, type Templates } from './templates';
import { hasPlugins } from './version';

/**
 * What the amazon builder inside Packer 1.6 does not know. The real builds have all of it; `packer validate` of 1.6.6
 * names these, and no others.
 */
export const unknownToOldPacker = ['fleet_tags', 'metadata_options'] as const;

/** The templates without what this Packer does not know, and the names of what was left out. */
export function forPacker(
  templates: Templates,
  version: string,
): { readonly templates: Templates; readonly leftOut: readonly string[] } {
  if (hasPlugins(version)) return { templates, leftOut: [] };
  return {
    templates: mapTemplates(templates, {
      source: (body) => {
        for (const name of unknownToOldPacker) Reflect.deleteProperty(body, name);
      },
    }),
    leftOut: unknownToOldPacker,
  };
}

/**
 * The templates for a local server that has no instance to log in to: no communicator, no provisioners, and its
 * endpoint. Packer looks the instance profile up at an endpoint of its own, which could only be the real AWS.
 */
export function forLocalAws(templates: Templates, endpoint: string): Templates {
  return mapTemplates(templates, {
    source: (body) => {
      if (!('communicator' in body)) return;
      body['communicator'] = 'none';
      Reflect.deleteProperty(body, 'ssh_interface');
      body['custom_endpoint_ec2'] = endpoint;
      body['skip_region_validation'] = true;
      body['skip_profile_validation'] = true;
    },
    build: (body) => {
      Reflect.deleteProperty(body, 'provisioner');
    },
  });
}
