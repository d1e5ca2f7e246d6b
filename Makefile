# Thin: every target calls an npm script. `make help` lists them. A target that fails ends with 2; `./factory <command>` ends with
# the exit code of the command.
.DEFAULT_GOAL := help
.PHONY: help install synth try-cdktn rehearse test validate bench bootstrap environment lock format clean
.PHONY: retirement-report retirement-run retirement-undo
.PHONY: adopt costs delivery rollout smoke secrets doctor reconcile preflight withdraw pin unpin redrive

export CHECKPOINT_DISABLE := 1

# A switch such as DRY_RUN is off when it is empty, 0, no, off or false.
on = $(filter-out 0 no off false,$(strip $($(1))))
# As it was typed: neither make nor a shell reads anything into it.
override REASON := $(value REASON)
override ONLY := $(value ONLY)
export REASON ONLY

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

# npm writes this file last: it is there only after a whole install.
node_modules/.package-lock.json: package.json package-lock.json .npmrc
	@# Under NODE_ENV=production npm would leave out what this is made of.
	npm ci --include=dev --no-audit --no-fund
	@touch $@

install: node_modules/.package-lock.json ## Install the dependencies

synth: install ## Write Terraform JSON of every stack to cdktf.out
	@npm run --silent synth

try-cdktn: install ## Synthesize with cdktf's successor too, and compare (docs/decisions/0001-cdktf-and-leaving-it.md)
	@npm run --silent cdktn

rehearse: install ## Live the life of an image on a local AWS (JSON=1: a report for programs)
	@npm run --silent rehearse -- $(if $(call on,JSON),--json)

test: install ## Type check, lint and test: [ONLY=<path or word>] [CHANGED=1] [NO_INSTALL=1]
	@npm run --silent test -- $(if $(ONLY),--only "$$ONLY") $(if $(call on,CHANGED),--changed)

costs: synth ## What the stacks cost a month, by list prices: [STACK=<stack>] [JSON=1]
	@npm run --silent factory -- costs $(STACK) $(if $(call on,JSON),--json)

validate: synth ## Validate every stack with the real Terraform
	@npm run --silent validate

bench: install ## Run the benchmarks
	@npm run --silent bench

bootstrap: install ## Make or repair an account's state bucket: ENV=<ops|staging|production> [DRY_RUN=1]
	@npm run --silent bootstrap -- $(ENV) $(if $(call on,DRY_RUN),--dry-run)

environment: install ## Add an environment to the configuration: NAME=<name> [ACCOUNT=<id>] [LIKE=<environment>] [DRY_RUN=1]
	@npm run --silent environment -- $(NAME) $(if $(ACCOUNT),--account $(ACCOUNT)) $(if $(LIKE),--like $(LIKE)) $(if $(call on,DRY_RUN),--dry-run)

adopt: synth ## After an upgrade, move a cluster's roles, key and secrets to the account's state: ENV=<environment> [DRY_RUN=1]
	@npm run --silent factory -- adopt $(ENV) $(if $(call on,DRY_RUN),--dry-run)

doctor: install ## Ask AWS whether an account is ready; only reads: ENV=<ops|staging|production> [JSON=1]
	@npm run --silent doctor -- $(ENV) $(if $(call on,JSON),--json)

lock: install ## Refresh the checksums of what images are made of: [CHECK=1] [DRY_RUN=1] [ACCEPT=<name>,...]
	@npm run --silent lock -- $(if $(call on,CHECK),--check) $(if $(call on,DRY_RUN),--dry-run) $(if $(ACCEPT),--accept $(ACCEPT))

# Operating the images, with credentials of the ops account; DRY_RUN=1 changes nothing.
sharing = npm run --silent sharing --
dry_run = $(if $(call on,DRY_RUN),--dry-run)

reconcile: install ## Put images, pointers and tags right now: [DRY_RUN=1]
	@$(sharing) reconcile $(dry_run)

preflight: install ## Check that instances can start from the images, in every account
	@$(sharing) preflight

withdraw: install ## Take a bad image out: AMI=<id> REASON=<why> [DRY_RUN=1]
	@$(sharing) withdraw $(AMI) --reason "$$REASON" $(dry_run)

pin: install ## Hold an environment on an image: ENV=<environment> AMI=<id> [DRY_RUN=1]
	@$(sharing) pin $(ENV) $(AMI) $(dry_run)

unpin: install ## Let it follow the newest image again: ENV=<environment> IMAGE=<kind> [DRY_RUN=1]
	@$(sharing) unpin $(ENV) $(IMAGE) $(dry_run)

redrive: install ## Send events again that could not be handled: [DRY_RUN=1] [JSON=1]
	@$(sharing) redrive $(dry_run) $(if $(call on,JSON),--json)

# Retirement of old images, with credentials of the ops account.
retirement = npm run --silent retirement --

retirement-report: install ## Show what the last run retired and why the rest stays: [ALL=1] [DRY_RUN=1] [JSON=1]
	@$(retirement) report $(dry_run) $(if $(call on,ALL),--all) $(if $(call on,JSON),--json)

retirement-run: install ## Retire what is due now: [DRY_RUN=1]
	@$(retirement) run $(dry_run)

retirement-undo: install ## Bring a deprecated or disabled image back: AMI=<id> [DRY_RUN=1]
	@$(retirement) undo $(AMI) $(dry_run)

# Delivering a cluster, with credentials of its account; the pipelines run the same commands.
delivery: install ## Plan, apply, roll out or validate by hand: DO="<command> [options]" (DO=--help)
	@npm run --silent delivery -- $(DO)

rollout: install ## Bring a cluster's instances onto what its stack wants: ENV=<environment> [IGNORE_ALARMS=1]
	@npm run --silent delivery -- rollout --environment="$(ENV)" $(if $(call on,IGNORE_ALARMS),--ignore-alarms)

smoke: install ## Have a cluster make one small proof, and wait for it: ENV=<environment> [DRY_RUN=1]
	@npm run --silent delivery -- smoke --environment="$(ENV)" $(dry_run)

# The secrets of a cluster, with credentials of its account.
secrets: install ## Show which secrets are missing, or set one: ENV=<environment> [SET=<name>] [REPLACE=1] [DRY_RUN=1]
	@npm run --silent secrets -- $(ENV) $(if $(SET),set $(SET) $(if $(call on,REPLACE),--replace) $(dry_run),status)

format: install ## Format and fix what can be fixed
	@npm run --silent format

clean: ## Remove everything that is generated
	rm -rf .build cdktf.out node_modules
