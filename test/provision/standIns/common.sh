# shellcheck shell=bash
# What every stand-in begins with: it writes down how it was called, and ends everything where the test wants a power cut.
# Test and stand-ins meet in /state: calls, count, kill-at, installed, facts.tsv, and a file for each thing that is to go wrong.
me=${0##*/}
state=/state
{
  printf '%s' "$me"
  (($# == 0)) || printf ' %s' "$@"
  printf '\n'
} >>"$state/calls"
# The commands of a pipe run at the same time.
exec 8>>"$state/lock"
/machine/usr/bin/flock 8
count=$(($(<"$state/count") + 1))
printf '%s\n' "$count" >"$state/count"
exec 8>&-
if [[ -f $state/kill-at && $(<"$state/kill-at") == "$count" ]]; then
  printf '%s\n' "$me $*" >"$state/killed"
  # All but itself, then itself.
  kill -KILL -1
  kill -KILL $$
fi

# allowed KIND NAME: whether the facts name it. Everything else is refused: the test sees the line in `refused`, and nothing goes on, so
# that it isn't tried again either.
allowed() { cut -f 1-2 "$state/facts.tsv" | grep -Fxq -- "$1"$'\t'"$2"; }
refuse() {
  printf '%s: %s\n' "$me" "$*" >>"$state/refused"
  kill -KILL -1
  kill -KILL $$
}
# fails NAME: takes the next line of /state/NAME, if there is one, and fails with it; "always" as its last line stays.
fails() {
  [[ -s $state/$1 ]] || return 0
  local line
  line=$(head -n 1 "$state/$1")
  [[ $line == always:* ]] || sed -i 1d "$state/$1"
  printf '%b\n' "${line#always:}" >&2
  exit "${2:-1}"
}
