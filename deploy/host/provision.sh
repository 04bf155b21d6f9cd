#!/usr/bin/env bash
# Makes a Gatehouse host out of Amazon Linux 2023 or Debian 12 (Ubuntu takes Debian's way, untried), or upgrades one.
#
#   provision.sh --vsix FILE --host-file FILE [--client-secret-file FILE]     as root, from anywhere
#   provision.sh --host-file FILE [--client-secret-file FILE]                 as root, from inside an unpacked VSIX
#
# It can be run again at any time: what is there already stays as it is, what an interrupted run left is completed. The same
# command with a newer VSIX is the upgrade. docs/provisioning.md tells each step, the log, rollback, and how to raise a pin.
set -Eeuo pipefail
umask 022
# Root runs nothing from a directory that somebody else could write to, and no program here takes advice from the caller's variables.
# (Nor from somebody else's home directory, which `su` and `sudo -E` leave in HOME: curl would take its options from there.)
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root
unset NODE_OPTIONS NODE_PATH PYTHONPATH PYTHONHOME BASH_ENV ENV CDPATH XDG_CONFIG_HOME CURL_HOME

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
readonly here
readonly opt=/opt/gatehouse etc=/etc/gatehouse log=/var/log/gatehouse/provision.log
# On the file system of $opt, so that finished directories are renamed into place; /tmp is memory on Amazon Linux 2023.
readonly work=$opt/.work

vsix='' host_file='' client_secret_file='' releasever='' list_packages=false
# Seconds for which a held package lock and failing mirrors are tried again.
patience=600

# ---- What it says ---------------------------------------------------------------------------------------------------

step_name='Start' step_number=0
readonly steps=9

# Console, log and journal.
say() {
  printf '%s\n' "$*"
  printf '%s %s\n' "$(date -u +%FT%TZ)" "$*" >>"$log"
  logger --tag gatehouse-provision -- "$*" 2>/dev/null || true
}

step() {
  step_number=$((step_number + 1))
  step_name=$1
  say "[$step_number/$steps] $step_name"
}

# fail WHAT [WHAT TO DO]
fail() {
  trap - ERR
  {
    say "Provisioning failed in step $step_number of $steps ($step_name): $1"
    [[ -z ${2-} ]] || say "$2"
    say "The log is $log. Running the same command again goes on from here."
  } >&2
  exit 1
}
trap 'fail "line $LINENO: the command \"$BASH_COMMAND\" ended with $?" "What it said is at the end of the log."' ERR

# Output to the log; where the command fails, its last lines to the console too.
quietly() {
  local output=$work/output code=0
  printf '$ %s\n' "$*" >>"$log"
  "$@" >"$output" 2>&1 </dev/null || code=$?
  cat "$output" >>"$log"
  ((code == 0)) || tail -n 20 "$output" >&2
  return "$code"
}

# retry WHAT COMMAND…: again and again until it works, or $patience is over, or `hopeless OUTPUT` says that waiting is no use.
retry() {
  local what=$1 pause=5 began=$SECONDS output=$work/output left
  shift
  until
    printf '$ %s\n' "$*" >>"$log"
    "$@" >"$output" 2>&1 </dev/null
  do
    cat "$output" >>"$log"
    left=$((patience - (SECONDS - began)))
    if ((left <= 0)) || hopeless "$output"; then
      tail -n 20 "$output" >&2
      return 1
    fi
    ((pause <= left)) || pause=$left
    say "  $what did not work ($(sed '/^[[:space:]]*$/d' "$output" | tail -n 1 | cut -c 1-160)); again in $pause s, for $left s more"
    sleep "$pause"
    pause=$((pause < 30 ? pause * 2 : 60))
  done
  cat "$output" >>"$log"
}

# Whether the output says that waiting is no use: an address or a package that doesn't exist (while the package lists could be
# fetched), a Python package that isn't the one that was pinned.
hopeless() {
  grep -Eq 'returned error: 4(04|10)|DO NOT MATCH THE HASHES' "$1" && return
  grep -Eq '^(E: Unable to locate package|E: Package .* has no installation candidate|No match for argument:|Error: Unable to find a match)' "$1" &&
    ! grep -Eq 'Failed to (fetch|download)|Temporary failure|Cannot (download|prepare)|Could not (resolve|connect)|Curl error' "$1"
}

# ---- Options and the system -----------------------------------------------------------------------------------------

usage() {
  sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  cat <<'END'

  --vsix FILE                 the package; without it the one that this script lies in
  --host-file FILE            host.json (docs/host.md)
  --client-secret-file FILE   the gate's client secret; the file is removed once it is in /etc/gatehouse/secrets
  --releasever VERSION        Amazon Linux: the release to take packages from, for example 2023.12.20260928 (default: the image's own)
  --patience SECONDS          how long a held package lock and failing mirrors are tried again (default 600)
  --list-packages             print the distribution's packages that would be installed, and stop
END
}

read_options() {
  while (($# > 0)); do
    case $1 in
      --help | -h)
        usage
        exit 0
        ;;
      --list-packages)
        list_packages=true
        shift
        continue
        ;;
      --vsix | --host-file | --client-secret-file | --releasever | --patience) ;;
      *) wrong_usage "Unknown option: $1" ;;
    esac
    [[ -n ${2-} ]] || wrong_usage "$1 needs a value."
    case $1 in
      --vsix) vsix=$(readlink -f -- "$2") ;;
      --host-file) host_file=$(readlink -f -- "$2") ;;
      # Not resolved: it may be a pipe of the caller's.
      --client-secret-file) client_secret_file=$2 ;;
      --releasever) releasever=$2 ;;
      --patience) patience=$2 ;;
    esac
    shift 2
  done
  [[ $patience =~ ^[0-9]{1,6}$ ]] || wrong_usage "--patience must be a number of seconds."
  [[ -z $releasever || $releasever =~ ^2023\.[0-9]+\.[0-9]{8}$ ]] || wrong_usage "--releasever must look like 2023.12.20260928."
  $list_packages || [[ -n $host_file ]] || wrong_usage "--host-file is needed."
}

wrong_usage() {
  printf '%s\n%s\n' "$1" "provision.sh --help tells more." >&2
  exit 2
}

detect_system() {
  local id version
  # shellcheck source=/dev/null
  read -r id version < <(. /etc/os-release && printf '%s %s\n' "${ID-}" "${VERSION_ID-}") || true
  case $id:$version in
    amzn:2023*) family=amazon ;;
    debian:12 | ubuntu:24.04) family=debian ;;
    debian:1[3-9]* | ubuntu:2[5-9].*) family=debian ;;
    *) wrong_usage "This is ${id:-an unknown system} ${version:-}: Amazon Linux 2023 or Debian 12 is needed." ;;
  esac
  system="$id $version"
  case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) wrong_usage "The architecture $(uname -m) is not supported: x86_64 or aarch64 is needed." ;;
  esac
}

# ---- Packages -------------------------------------------------------------------------------------------------------

# The host's own packages; those of host.json come after.
base_packages() {
  if [[ $family == amazon ]]; then
    # python3 is there (dnf is written in it), curl-minimal too; the full curl would conflict with it.
    echo nginx redis6 nftables polkit certbot python3-certbot-dns-route53 git awscli-2
  else
    echo nginx redis-server nftables polkitd dbus certbot python3-certbot-dns-route53 python3 python3-venv curl ca-certificates \
      git openssh-client less procps iproute2
  fi
}

distribution_services() {
  if [[ $family == amazon ]]; then echo nginx.service redis6.service; else echo nginx.service redis-server.service; fi
}

is_installed() {
  if [[ $family == amazon ]]; then
    rpm --quiet -q "$1"
  else
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
  fi
}

missing_packages() {
  local name
  for name; do is_installed "$name" || printf '%s ' "$name"; done
}

# Installs what isn't there; nothing is asked of the network where nothing is missing.
install_packages() {
  local -a missing
  read -ra missing <<<"$(missing_packages "$@")"
  ((${#missing[@]} > 0)) || return 0
  say "  ${missing[*]}"
  retry "The installation of packages" install_now "${missing[@]}" ||
    fail "these packages could not be installed: ${missing[*]}" \
      "Look whether another package manager is stuck, whether the mirrors can be reached, and whether host.json names packages that exist."
}

install_now() {
  if [[ $family == amazon ]]; then
    dnf -y ${releasever:+"--releasever=$releasever"} install "$@"
    return
  fi
  export DEBIAN_FRONTEND=noninteractive
  # Mirrors remove what older lists name, so the lists come first. Where they can't be had, what is there may still do.
  apt-get -q -o DPkg::Lock::Timeout=60 update || true
  # A dpkg that was stopped half-way refuses everything until it has been let finish.
  dpkg --force-confold --configure -a || true
  apt-get -q -y -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confold --no-install-recommends install "$@"
}

# Our units run nginx and redis under our configuration. Debian starts its own as soon as they are installed: masked before, they don't.
mask_distribution_services() {
  local unit
  for unit in $(distribution_services); do
    [[ $(readlink -- "/etc/systemd/system/$unit") == /dev/null ]] ||
      quietly systemctl mask "$unit" ||
      fail "$unit cannot be masked" "Remove /etc/systemd/system/$unit, if it is a file of your own, and run this again."
    # One that was installed and started before this script came.
    ! systemctl --quiet is-active "$unit" 2>/dev/null || quietly systemctl stop "$unit"
  done
}

# An image is locked to its own release's packages: without another one there is nothing newer to be had.
upgrade_release() {
  [[ -n $releasever ]] || return 0
  [[ $family == amazon ]] || fail "--releasever is for Amazon Linux only."
  [[ $(cat "$opt/.releasever" 2>/dev/null) != "$releasever" ]] || return 0
  say "  to the release $releasever"
  retry "The upgrade to $releasever" dnf -y "--releasever=$releasever" upgrade ||
    fail "dnf cannot upgrade to the release $releasever."
  printf '%s\n' "$releasever" >"$opt/.releasever"
}

# ---- Directories that are switched at once --------------------------------------------------------------------------

# switch_link TARGET LINK: a rename, so that the link always leads somewhere.
switch_link() {
  rm -f -- "$2.new"
  ln -s -- "$1" "$2.new"
  mv -T -- "$2.new" "$2"
}

# settle LINK: completes a replacement that put_in_place began. X.new, where the link leads meanwhile, is whole.
settle() {
  local link=$1 target final
  target=$(readlink -- "$link") || return 0
  [[ $target == *.new ]] || return 0
  final=$(dirname -- "$link")/${target%.new}
  rm -rf -- "$final" "$final.placing"
  cp -a --link -- "$final.new" "$final.placing"
  mv -T -- "$final.placing" "$final"
  switch_link "${target%.new}" "$link"
  rm -rf -- "$final.new"
}

# put_in_place FINAL LINK: FINAL.new becomes FINAL. Where LINK leads to an older FINAL, it leads somewhere at every moment.
put_in_place() {
  local final=$1 link=$2
  # Not before it is on the disk: after a crash the name would stand for empty files.
  sync -f "$final.new"
  if [[ $(readlink -- "$link") == "${final##*/}" && -e $final ]]; then
    switch_link "${final##*/}.new" "$link"
    settle "$link"
  else
    rm -rf -- "$final"
    mv -T -- "$final.new" "$final"
  fi
}

# use DIRECTORY LINK PREVIOUS: what LINK led to is kept under PREVIOUS.
use() {
  local directory=$1 link=$2 previous=$3 before
  before=$(readlink -- "$link") || before=''
  [[ $before != "${directory##*/}" ]] || return 0
  [[ -z $before || ! -d ${link%/*}/$before ]] || switch_link "$before" "$previous"
  switch_link "${directory##*/}" "$link"
}

# Removes the directories LINK-VERSION or VERSION beside LINK that neither LINK nor PREVIOUS leads to.
remove_older() {
  local directory link=$1 previous=$2
  shift 2
  for directory; do
    [[ -d $directory && ! -L $directory && ! $directory -ef $link && ! $directory -ef $previous ]] || continue
    say "  removed: $directory"
    rm -rf -- "$directory"
  done
}

# ---- code-server and oauth2-proxy -----------------------------------------------------------------------------------

# download URL SHA256 FILE: FILE exists afterwards only with that checksum.
download() {
  local url=$1 expected=$2 file=$3 actual
  rm -f -- "$file"
  retry "The download of $url" curl --fail --silent --show-error --location --proto '=https,file' --proto-redir '=https' --tlsv1.2 \
    --connect-timeout 20 --max-time 1800 --output "$file" "$url" || fail "$url cannot be downloaded."
  actual=$(sha256sum -- "$file" | cut -d ' ' -f 1)
  [[ $actual == "$expected" ]] && return
  rm -f -- "$file"
  fail "$url has the SHA-256 $actual, not $expected. Nothing of it was unpacked." \
    "Either the file is not the one that the pin was made for, or somebody has changed it: find out before you change the pin."
}

# install_release NAME KEY: into lib/NAME-VERSION, with the checksum of its archive beside it, and lib/NAME leads there.
install_release() {
  local name=$1 key=$2 version sha256 directory link
  version=${plan[$key.version]} sha256=${plan[$key.sha256]}
  link=$opt/lib/$name
  directory=$link-$version
  settle "$link"
  if [[ $(cat "$directory/.archive-sha256" 2>/dev/null) == "$sha256" ]]; then
    say "  $name $version is there already"
  else
    say "  $name $version for $architecture"
    download "${plan[$key.url]}" "$sha256" "$work/$name.tar.gz"
    rm -rf -- "$directory.new"
    quietly python3 -I "$here/provision/unpack.py" release "$work/$name.tar.gz" "$directory.new" || fail "${plan[$key.url]} cannot be unpacked."
    rm -f -- "$work/$name.tar.gz"
    "check_$name" "$directory.new" "$version"
    printf '%s\n' "$sha256" >"$directory.new/.archive-sha256"
    put_in_place "$directory" "$link"
  fi
  use "$directory" "$link" "$link.previous"
}

# A pin that names another version than the archive holds would get past the list of versions with known holes.
# shellcheck disable=SC2317 # called by name
check_code-server() {
  local directory=$1 version=$2 found
  found=$(sed -n 's/^  "version": "\(.*\)",\{0,1\}$/\1/p' "$directory/package.json")
  [[ $found == "$version" ]] || fail "the archive holds code-server ${found:-of no version}, not $version."
  [[ -x $directory/lib/node && -f $directory/out/node/entry.js && -d $directory/lib/vscode/extensions ]] ||
    fail "the archive does not look like a code-server release (lib/node, out/node/entry.js)."
  # A built-in extension: the user can neither replace nor remove it.
  ln -s -- "$opt/current" "$directory/lib/vscode/extensions/gatehouse"
}

# shellcheck disable=SC2317 # called by name
check_oauth2-proxy() {
  local directory=$1 version=$2 found
  found=$("$directory/oauth2-proxy" --version 2>&1 | sed -n 's/^oauth2-proxy v\([0-9.]*\).*/\1/p') || true
  [[ $found == "$version" ]] || fail "the archive holds oauth2-proxy ${found:-of no version}, not $version."
}

# ---- AWS CLI --------------------------------------------------------------------------------------------------------

# Versions that know AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 2.15 and, with botocore 1.34.41, 1.32.41.
is_current_aws() {
  local major minor patch
  [[ -x $1 ]] || return 1
  IFS=. read -r major minor patch < <("$1" --version 2>&1 | sed -n 's|^aws-cli/\([0-9]*\.[0-9]*\.[0-9]*\).*|\1|p') || true
  case ${major:-0} in
    0) return 1 ;;
    1) ((minor > 32 || (minor == 32 && patch >= 41))) ;;
    2) ((minor >= 15)) ;;
  esac
}

install_aws_cli() {
  local requirements=$here/python/requirements.txt link=$opt/lib/aws-cli command=/usr/local/bin/aws directory
  if [[ $family == amazon ]]; then
    is_current_aws /usr/bin/aws || fail "the AWS CLI of the package awscli-2 is older than 2.15." \
      "Take the packages of a newer release (--releasever 2023.x.yyyymmdd)."
    return
  fi
  if [[ ! -L $command || $(readlink -- "$command") != "$link/bin/aws" ]] && is_current_aws "$command"; then
    say "  $command is current, and not ours: left as it is"
    return
  fi
  # A virtual environment can't be moved, so it is made in its place; the stamp, written last, says that it is whole.
  directory=$link-$(cat "$requirements" <(python3 -I -V) | sha256sum | cut -c 1-16)
  if [[ ! -e $directory/complete ]]; then
    rm -rf -- "$directory"
    python3 -I -m venv "$directory"
    retry "The installation of the AWS CLI" "$directory/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-input \
      --require-hashes --only-binary=:all: -r "$requirements" || fail "the AWS CLI cannot be installed from the Python package index."
    is_current_aws "$directory/bin/aws" || fail "the AWS CLI in $directory does not run."
    touch "$directory/complete"
  fi
  [[ $(readlink -- "$link") == "${directory##*/}" ]] || switch_link "${directory##*/}" "$link"
  [[ ! -e $command || -L $command ]] || fail "$command is an AWS CLI older than 2.15." "Remove or update it, and run this again."
  [[ $(readlink -- "$command") == "$link/bin/aws" ]] || switch_link "$link/bin/aws" "$command"
}

# ---- Gatehouse itself -----------------------------------------------------------------------------------------------

# With --vsix: unpacks it and goes on with the script in it, so that script, pins and templates are always of one version.
continue_in_vsix() {
  local directory=$opt/.vsix
  [[ -f $vsix ]] || fail "$vsix is no file."
  command -v python3 >/dev/null || install_packages python3
  rm -rf -- "$directory"
  quietly python3 -I "$here/provision/unpack.py" vsix "$vsix" "$directory" || fail "$vsix cannot be unpacked."
  [[ -f $directory/deploy/host/provision.sh ]] || fail "$vsix is no Gatehouse package: deploy/host/provision.sh is not in it."
  exec bash "$directory/deploy/host/provision.sh" --host-file "$host_file" --patience "$patience" \
    ${client_secret_file:+--client-secret-file "$client_secret_file"} ${releasever:+--releasever "$releasever"}
}

# One line that changes when anything below the directory does.
contents_of() {
  (cd -- "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
}

install_package() {
  local source version directory odd
  source=$(cd -- "$here/../.." && pwd -P)
  [[ -f $source/dist/cli.js && ! -e $source/node_modules && ! -e $source/.git ]] ||
    fail "$source is no unpacked VSIX." "Out of a checkout: npm run package, then provision.sh --vsix FILE …"
  odd=$(find "$source" ! -type f ! -type d -print -quit)
  [[ -z $odd ]] || fail "$odd is neither a file nor a folder."
  version=$(sed -n 's/^  "version": "\([0-9A-Za-z.+-]*\)",$/\1/p' "$source/package.json")
  [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$ && $version != *.new ]] || fail "$source/package.json names no version."
  grep -q '^  "name": "gatehouse",$' "$source/package.json" || fail "$source is not Gatehouse."
  directory=$opt/$version
  settle "$opt/current"
  if [[ $source == "$directory" ]]; then
    say "  Gatehouse $version, from its own place"
  elif [[ -d $directory && $(contents_of "$source") == "$(contents_of "$directory")" ]]; then
    say "  Gatehouse $version is there already"
  else
    say "  Gatehouse $version"
    rm -rf -- "$directory.new"
    cp -R -- "$source" "$directory.new"
    chown -R root:root "$directory.new"
    chmod -R u=rwX,go=rX "$directory.new"
    put_in_place "$directory" "$opt/current"
  fi
  package=$directory
}

# The editor keeps what it knows of its built-in extensions until their folder changes.
touch_built_in() {
  switch_link "$opt/current" "$opt/lib/code-server/lib/vscode/extensions/gatehouse"
}

# useradd enters the user first and makes the home directory then: one that was stopped between leaves none.
make_home() {
  local user=${plan[user]} home
  home=$(getent passwd "$user" | cut -d : -f 6)
  [[ ! -d $home ]] || return 0
  rm -rf -- "$home.new"
  install -d -m 0700 "$home.new"
  [[ ! -d /etc/skel ]] || cp -R /etc/skel/. "$home.new"
  chown -R "$user:$(id -gn "$user")" "$home.new"
  mv -T -- "$home.new" "$home"
}

# Whether nobody but root has a hand in what lies above this path. (A link counts as itself.)
roots_alone() {
  local path=$1
  while path=${path%/*} && [[ -n $path ]]; do
    [[ ! -e $path && ! -L $path ]] ||
      [[ -z $(find "$path" -maxdepth 0 \( ! -user 0 -o ! -type l -perm /022 \)) ]] || return 1
  done
}

# ---- Configuration --------------------------------------------------------------------------------------------------

# Never in an argument list: printf is the shell's own.
install_client_secret() {
  local secret target=$etc/secrets/client-secret
  install -d -m 0755 "$etc"
  install -d -m 0700 "$etc/secrets"
  if [[ -z $client_secret_file || (! -e $client_secret_file && -s $target) ]]; then
    [[ -s $target ]] || fail "the gate's client secret is missing." "Give it by --client-secret-file FILE."
    say "  the client secret is in its place already"
    return
  fi
  [[ -r $client_secret_file ]] || fail "$client_secret_file cannot be read, and no client secret is in its place yet."
  secret=$(cat -- "$client_secret_file")
  [[ $secret =~ ^[[:graph:]]+$ ]] || fail "$client_secret_file does not hold one secret on one line."
  if [[ ! -f $target || $(cat -- "$target") != "$secret" ]]; then
    (umask 077 && printf %s "$secret" >"$target.new")
    sync "$target.new"
    mv -T -- "$target.new" "$target"
  fi
  [[ ! -f $client_secret_file || $client_secret_file -ef $target ]] || rm -f -- "$client_secret_file"
}

# install_host_file FILE
install_host_file() {
  if same_file "$1" "$etc/host.json"; then return; fi
  install -m 0644 "$1" "$etc/host.json.new"
  sync "$etc/host.json.new"
  mv -T -- "$etc/host.json.new" "$etc/host.json"
}

same_file() {
  [[ -f $2 && $(sha256sum <"$1") == "$(sha256sum <"$2")" ]]
}

# host apply refuses a wrong host.json before it touches anything, and takes back what it could not bring to work: host.json as well
# is then the one that the host still serves by.
apply() {
  local code=0
  [[ ! -f $etc/host.json ]] || cp -- "$etc/host.json" "$work/host.json.before"
  install_host_file "$work/host.json"
  # HOME and PATH, nothing else of the caller's.
  env -i PATH="$PATH" LC_ALL=C.UTF-8 HOME=/root "$opt/lib/code-server/lib/node" "$opt/current/dist/cli.js" host apply 2>&1 |
    tee -a "$log" || code=${PIPESTATUS[0]}
  ((code != 0)) || return 0
  [[ ! -f $work/host.json.before ]] || install_host_file "$work/host.json.before"
  say "Provisioning failed in step $step_number of $steps ($step_name), which ended with $code; what it said is above and in $log." >&2
  say "Correct what it names; running the same command again goes on from here." >&2
  trap - ERR
  exit "$code"
}

# ---- The whole ------------------------------------------------------------------------------------------------------

declare -A plan=()
family='' system='' architecture='' package=''

main() {
  read_options "$@"
  detect_system
  if $list_packages; then
    base_packages
    [[ $family != debian ]] || echo sudo
    return
  fi
  ((EUID == 0)) || wrong_usage "provision.sh must be run as root."
  install -d -m 0755 "$opt" "$opt/lib" "${log%/*}"
  [[ -e $log ]] || install -m 0640 /dev/null "$log"
  # One at a time; a process that this script was continued from holds the lock already.
  [[ /proc/$$/fd/9 -ef $opt/.lock ]] || exec 9>>"$opt/.lock"
  flock --timeout "$patience" 9 || fail "another provision.sh is running."
  rm -rf -- "$work"
  [[ $here == "$opt/.vsix/"* ]] || rm -rf -- "$opt/.vsix"
  install -d -m 0700 "$work"
  trap 'rm -rf -- "$work"; [[ $here == "$opt/.vsix/"* ]] && rm -rf -- "$opt/.vsix" || true' EXIT
  [[ -z $vsix ]] || continue_in_vsix

  step "Host"
  say "  $system on $architecture"
  install -m 0600 "$host_file" "$work/host.json" || fail "$host_file cannot be read."
  # What is wrong in host.json is said before anything is installed, where there is a Python to read it (on all but bare Debian).
  if command -v python3 >/dev/null; then make_plan; fi

  step "Packages"
  mask_distribution_services
  upgrade_release
  # shellcheck disable=SC2046 # a list of names
  install_packages $(base_packages)
  make_plan
  [[ $family != debian || ${plan[profile]} != developer ]] || install_packages sudo
  # shellcheck disable=SC2086 # a list of names, each matched against a pattern by plan.py
  install_packages ${plan[packages]}

  step "User"
  if ! id -u "${plan[user]}" >/dev/null 2>&1; then
    say "  ${plan[user]}"
    # Debian's own default lets everybody read it. shadow-utils knows the key since 4.8.1; the distributions have 4.9 and 4.13.
    quietly useradd --key HOME_MODE=0700 --create-home --shell /bin/bash --user-group "${plan[user]}"
  fi
  make_home
  # By the user's own hand: root must not follow what the user may have put in the way.
  # Where nothing but root's lies on the way, nobody can have put a link there.
  [[ -d ${plan[folder]} ]] || quietly runuser -u "${plan[user]}" -- mkdir -p -- "${plan[folder]}" ||
    { roots_alone "${plan[folder]}" && quietly install -d -o "${plan[user]}" -g "$(id -gn "${plan[user]}")" "${plan[folder]}"; } ||
    fail "the folder ${plan[folder]} cannot be made."

  step "code-server"
  install_release code-server codeServer

  step "oauth2-proxy"
  install_release oauth2-proxy oauth2Proxy

  step "AWS CLI"
  install_aws_cli

  step "Gatehouse"
  install_package
  use "$package" "$opt/current" "$opt/previous"
  touch_built_in

  step "Secrets"
  install_client_secret

  step "host apply"
  apply

  remove_older "$opt/current" "$opt/previous" "$opt"/[0-9]*
  remove_older "$opt/lib/code-server" "$opt/lib/code-server.previous" "$opt"/lib/code-server-*
  remove_older "$opt/lib/oauth2-proxy" "$opt/lib/oauth2-proxy.previous" "$opt"/lib/oauth2-proxy-*
  remove_older "$opt/lib/aws-cli" "$opt/lib/aws-cli" "$opt"/lib/aws-cli-*
  say "The host is provisioned: Gatehouse ${package##*/}, code-server ${plan[codeServer.version]}, oauth2-proxy ${plan[oauth2Proxy.version]}."
}

make_plan() {
  local lines key value
  lines=$(python3 -I "$here/provision/plan.py" "$work/host.json" "$here/pins.json" "$architecture" 2>"$work/refused") ||
    fail "$(cat "$work/refused")"
  while IFS=$'\t' read -r key value; do plan[$key]=$value; done <<<"$lines"
}

main "$@"
