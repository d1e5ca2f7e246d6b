import { inherited } from '../../../lab/local-bake/packer';

test('Packer finds its plugins as its user set them, and no account or value of the user', () => {
  const kept = { PATH: '/usr/bin', PACKER_PLUGIN_PATH: '/plugins', PACKER_CONFIG_DIR: '/settings' };
  const dropped = { AWS_PROFILE: 'production', AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', PKR_VAR_environment: 'x' };
  expect(inherited({ ...kept, ...dropped })).toEqual(kept);
});
