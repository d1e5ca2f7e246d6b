// Packer before 1.7 has the amazon builder built in and refuses `required_plugins`: it leaves this file out.
packer {
  // Since 1.14 Packer fetches official plugins from releases.hashicorp.com, the only place that still gets new ones.
  required_version = ">= 1.14.0"

  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = "= 1.8.1"
    }
  }
}
