// The variables of a build. The defaults are contract: `packer build -only='manager.*' packer` works with none set.
//
// Conditions match by replacing: Packer before 1.7 has no `regex`, and `can` hides that.

variable "aws_region" {
  type        = string
  default     = "us-west-2"
  description = "Region that the image is built in."
}

variable "instance_type" {
  type        = string
  default     = "c7a.4xlarge"
  description = "Instance that the manager is baked on."
}

variable "gpu_instance_type" {
  type        = string
  default     = "g6.xlarge"
  description = "Instance that the prover and the unified image are baked on: the driver is validated on a real GPU."
}

variable "boundless_version" {
  type        = string
  default     = "latest"
  description = "Bento release to install: latest, or a release such as v1.2.2. The pipeline resolves latest before the build, so that names and tags have the release that is inside."

  validation {
    condition     = var.boundless_version != "" && regex_replace(var.boundless_version, "^(latest|v1[.][0-2][.][0-9]+)$", "") == ""
    error_message = "The boundless_version must be latest, or a release such as v1.2.2: from v1.0.0 up to, not including, v1.3.0."
  }
}

variable "broker_version" {
  type        = string
  default     = ""
  description = "Broker release to install; empty takes the one that belongs to boundless_version."

  validation {
    condition     = regex_replace(var.broker_version, "^v[0-9]+[.][0-9]+[.][0-9]+$", "") == ""
    error_message = "The broker_version must be empty, or a release such as v1.2.2."
  }
}

variable "broker_sha256" {
  type        = string
  default     = ""
  description = "SHA-256 of the broker, needed where the release publishes none: before v1.2.2."

  validation {
    condition     = regex_replace(var.broker_sha256, "^[0-9a-f]{64}$", "") == ""
    error_message = "The broker_sha256 must be empty, or 64 hexadecimal digits in lower case."
  }
}

variable "require_verified_downloads" {
  type        = bool
  default     = true
  description = "Whether a download without signature or checksum ends the bake. Where it is false, /etc/bento/release.json lists what was not verified."
}

variable "service_account_ids" {
  type        = list(string)
  default     = []
  description = "Accounts to share a manual build with. The pipeline leaves it empty: its role cannot share, the Lambda packer-ami-sharing does."

  validation {
    condition     = length([for id in var.service_account_ids : id if id == "" || regex_replace(id, "^[0-9]{12}$", "") != ""]) == 0
    error_message = "The service_account_ids must be account ids of 12 digits."
  }
}

variable "environment" {
  type        = string
  default     = "production"
  description = "Value of the tag Environment."

  validation {
    condition     = var.environment != "" && regex_replace(var.environment, "^[a-z][a-z0-9-]*$", "") == ""
    error_message = "The environment must be a name such as production or staging."
  }
}

variable "iam_instance_profile" {
  type        = string
  default     = "packer-builder"
  description = "Instance profile of the builder; it must be able to answer Session Manager."
}

variable "kms_key_id" {
  type        = string
  default     = "alias/boundless-ami"
  description = "Key that encrypts the image: an id, an ARN or an alias. Sharing refuses images of any other key."

  validation {
    condition     = var.kms_key_id != ""
    error_message = "The kms_key_id must not be empty: an image of the account's default key cannot be shared."
  }
}

variable "source_ami" {
  type        = string
  default     = ""
  description = "Image to start from, one that the filter of source.pkr.hcl finds; empty takes the newest of them."

  validation {
    condition     = regex_replace(var.source_ami, "^ami-[0-9a-f]{17}$", "") == ""
    error_message = "The source_ami must be empty, or an image id such as ami-0123456789abcdef0."
  }
}

variable "image_wait_minutes" {
  type        = number
  default     = 60
  description = "Minutes to wait for each thing that EC2 makes, above all for the image."

  validation {
    condition     = var.image_wait_minutes >= 1 && var.image_wait_minutes <= 480
    error_message = "The image_wait_minutes must be from 1 to 480, the longest that CodeBuild runs."
  }
}

variable "subnet_id" {
  type        = string
  default     = ""
  description = "Subnet of the builder, with a way out to the internet; empty takes one of the default VPC."
}

variable "spot" {
  type        = bool
  default     = true
  description = "Bake on spot capacity; a bake can be repeated."
}

variable "root_volume_gib" {
  type        = number
  default     = 30
  description = "Size of the manager's root volume."
}

variable "gpu_root_volume_gib" {
  type        = number
  default     = 60
  description = "Size of the prover's and the unified image's root volume: the driver, CUDA and proving keys take room."
}

variable "git_commit" {
  type        = string
  default     = "local"
  description = "Commit that the build was made of."
}

variable "build_id" {
  type        = string
  default     = "local"
  description = "Id of the build, for the tag BuildId."
}

variable "inputs_hash" {
  type        = string
  default     = "none"
  description = "Hash of everything that goes into the image."
}

variable "report_dir" {
  type        = string
  default     = "."
  description = "Folder that report.json, what the instance was verified for, and inventory.json, its packages, are downloaded to."

  validation {
    condition     = var.report_dir != ""
    error_message = "The report_dir must name a folder; . is the current one."
  }
}

variable "manifest_path" {
  type        = string
  default     = "manifest.json"
  description = "Where Packer writes what it built."
}
