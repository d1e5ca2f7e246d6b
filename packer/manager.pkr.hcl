// CPU instances: PostgreSQL, Valkey, REST API, executor, aux and broker.
build {
  name = "manager"

  source "source.amazon-ebs.ubuntu" {
    name     = "manager"
    ami_name = local.names.manager

    // Packer refuses both at once: the instance's type, and the types to choose from on spot.
    instance_type       = var.spot ? null : var.instance_type
    spot_instance_types = var.spot ? [var.instance_type] : null

    // Encrypted from the start. encrypt_boot would make a plain image first, and copy it.
    launch_block_device_mappings {
      device_name           = "/dev/sda1"
      volume_type           = "gp3"
      volume_size           = var.root_volume_gib
      iops                  = 3000
      throughput            = 125
      encrypted             = true
      kms_key_id            = var.kms_key_id
      delete_on_termination = true
    }

    tags            = local.image_tags.manager
    snapshot_tags   = local.image_tags.manager
    run_tags        = local.build_tags.manager
    run_volume_tags = local.build_tags.manager
    spot_tags       = var.spot ? local.build_tags.manager : null
    fleet_tags      = var.spot ? local.build_tags.manager : null
  }

  provisioner "shell" {
    inline = local.wait_for_boot
  }

  provisioner "file" {
    sources     = local.install_files
    destination = "${local.work}/"
    max_retries = 2
  }

  // The scripts may run again, also where they were interrupted.
  provisioner "shell" {
    execute_command  = local.run_as_root
    environment_vars = concat(local.install_environment, ["IMAGE=manager"])
    max_retries      = 1

    inline = [
      "bash ${local.work}/scripts/setup.sh",
      "bash ${local.work}/scripts/setup-manager.sh",
    ]
  }

  // Into the newest kernel, with what starts at boot and nothing else. Nothing can be removed over a connection that is
  // gone, and a reboot empties /tmp. A shell that the reboot ends before its connection exits with 143 (SIGTERM).
  provisioner "shell" {
    inline            = ["sudo systemctl reboot"]
    expect_disconnect = true
    valid_exit_codes  = [0, 143]
    skip_clean        = true
  }

  // The plugin notices after a minute and a half that its session has ended, and makes another (plugin's #311).
  provisioner "shell" {
    pause_before        = "2m"
    start_retry_timeout = "10m"
    execute_command     = local.run_as_root
    environment_vars    = concat(local.install_environment, ["IMAGE=manager"])
    inline              = ["bash ${local.work}/scripts/verify.sh"]
  }

  provisioner "file" {
    direction   = "download"
    sources     = [for report in local.reports : "${local.work}/${report}"]
    destination = "${var.report_dir}/"
    max_retries = 2
  }

  provisioner "shell" {
    execute_command  = local.run_as_root
    environment_vars = concat(local.install_environment, ["IMAGE=manager"])
    inline           = ["bash ${local.work}/scripts/cleanup.sh"]
  }

  post-processor "manifest" {
    output      = var.manifest_path
    strip_path  = true
    custom_data = merge(local.manifest_data, { image = "manager" })
  }
}
