# shellcheck shell=bash
# Reads the two lists of what may come from outside: downloads.lock and repositories.lock. Source it after common.sh.

# lock_line <file> <name>: the rest of the one line that begins with the name.
lock_line() {
  local line
  line=$(awk -v name="$2" '$1 == name { $1 = ""; print substr($0, 2) }' "${here:?}/$1")
  [[ -n $line && $line != *$'\n'* ]] || die "scripts/$1 must have one line for $2"
  echo "$line"
}

# locked <name>: version, SHA-256 and address.
locked() {
  lock_line downloads.lock "$1"
}

# locked_inside <name>: name and SHA-256 of each file that must be in that archive.
locked_inside() {
  awk -v address="in:$1" '$4 == address { print $1, $3 }' "${here:?}/downloads.lock"
}

# repository <name>: address of its key, the key's fingerprints, and the line for apt.
repository() {
  lock_line repositories.lock "$1"
}
