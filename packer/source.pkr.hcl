// What all images have in common; each build adds its name, instance, size and tags.

source "amazon-ebs" "ubuntu" {
  region    = var.aws_region
  subnet_id = var.subnet_id

  // With an id, Packer takes that image, and only if the filter finds it as well.
  source_ami = var.source_ami

  source_ami_filter {
    // Canonical's own account. Without an owner, anybody's image of this name would do (CVE-2018-15869).
    owners      = ["099720109477"]
    most_recent = true

    filters = {
      name                = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*"
      architecture        = "x86_64"
      virtualization-type = "hvm"
      root-device-type    = "ebs"
    }
  }

  // "auto" bids the on-demand price; null is on demand.
  spot_price = var.spot ? "auto" : null

  // An instance whose Packer died ends instead of running until an operator finds it: two hours after each of its boots, of
  // which the longest takes less than one (config/build-time.ts). Nothing of this gets into the image.
  shutdown_behavior    = "terminate"
  iam_instance_profile = var.iam_instance_profile

  user_data = <<-CLOUD
    #cloud-config
    bootcmd:
      - [systemd-run, --on-active=120min, systemctl, poweroff]
  CLOUD

  // The builder requires IMDSv2. The image gets that attribute from the sharing Lambda: the plugin sets `imds_support`
  // and `ami_description` by ModifyImageAttribute, and a role that may call that could share the image.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  // Session Manager reaches the instance from inside: no port is open. Packer makes no rule then; if it made one,
  // it would admit no other host, where the default admits the whole world.
  communicator                          = "ssh"
  ssh_username                          = "ubuntu"
  ssh_interface                         = "session_manager"
  ssh_timeout                           = "10m"
  ssh_clear_authorized_keys             = true
  temporary_key_pair_type               = "ed25519"
  temporary_security_group_source_cidrs = ["127.0.0.1/32"]

  // The defaults give an image 10 min, and images have been pending for an hour (packer#8299). All waits end before
  // CodeBuild's own limit does (config/build-time.ts): a build that it kills leaves its instance running.
  aws_polling {
    delay_seconds = 15
    max_attempts  = var.image_wait_minutes * 4
  }

  // The Lambda shares; this is for manual builds.
  ami_users = var.service_account_ids
}
