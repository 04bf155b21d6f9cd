#!/bin/bash
# Runs a command in the root directory ROOT, in namespaces of its own: nothing of it can stay behind, and it reaches no network.
#   stage.sh ROOT COMMAND…
# Not exec: the first process of a process namespace can't be killed from within, and the tests do just that.
set -euo pipefail
root=$1
shift
mount --bind /usr "$root/machine/usr"
mount --bind /usr/lib "$root/usr/lib"
[[ ! -d $root/usr/lib64 ]] || mount --bind /usr/lib64 "$root/usr/lib64"
for each in machine/usr usr/lib usr/lib64; do
  [[ ! -d $root/$each ]] || mount -o remount,ro,bind "$root/$each"
done
mount -t proc proc "$root/proc"
code=0
chroot "$root" /machine/usr/bin/env -i PATH=/usr/sbin:/usr/bin "$@" || code=$?
exit "$code"
