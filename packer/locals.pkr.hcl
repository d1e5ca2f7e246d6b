locals {
  version = var.boundless_version

  // Broker and Bento are released apart: there is no broker v1.0.1, Bento v1.0.1 belongs to broker v1.0.0.
  paired_broker_version = var.boundless_version == "v1.0.1" ? "v1.0.0" : var.boundless_version
  broker_version        = var.broker_version == "" ? local.paired_broker_version : var.broker_version

  // Tags do not cross accounts: the name carries the meaning. Time is UTC.
  time  = formatdate("YYYYMMDDhhmmss", timestamp())
  names = { for image in ["manager", "prover", "bento"] : image => "boundless-${image}-${local.version}-${local.time}" }

  // What everything carries that a build makes: instance, volumes, temporary key and group, image and snapshot. The
  // build role may touch only what is tagged like this.
  build_tags = {
    for image, name in local.names : image => {
      Name        = "packer-${image}"
      Project     = "boundless-ami-factory"
      ManagedBy   = "packer"
      Image       = image
      Environment = var.environment
      GitCommit   = var.git_commit
      BuildId     = var.build_id
    }
  }

  image_tags = {
    for image, name in local.names : image => merge(local.build_tags[image], {
      Name          = name
      Version       = local.version
      BrokerVersion = local.broker_version
      InputsHash    = var.inputs_hash
      SourceAmi     = "{{ .SourceAMI }}"
    })
  }

  // Recorded in the manifest beside the image's id.
  manifest_data = {
    version        = local.version
    broker_version = local.broker_version
    git_commit     = var.git_commit
    build_id       = var.build_id
  }

  // Not /tmp, which a reboot empties.
  work          = "/var/tmp/boundless"
  run_as_root   = "sudo env {{ .Vars }} bash -e '{{ .Path }}'"
  install_files = ["${path.root}/../scripts", "${path.root}/../service_files", "${path.root}/build/resolve-version.sh"]

  // cloud-init holds apt's locks and makes the users. It ends with 2 where it recovered from an error: the instance works.
  wait_for_boot = ["cloud-init status --wait || [ $? -eq 2 ]", "mkdir -p ${local.work}"]

  install_environment = [
    "BOUNDLESS_VERSION=${local.version}",
    "BROKER_VERSION=${var.broker_version}",
    "BROKER_SHA256=${var.broker_sha256}",
    "REQUIRE_VERIFIED_DOWNLOADS=${var.require_verified_downloads}",
    "REPORT_DIR=${local.work}",
  ]

  // What the instance reports about itself; verify.sh writes it.
  reports = ["report.json", "inventory.json"]
}
