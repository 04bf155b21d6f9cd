#!/bin/bash
# Runs in a mount namespace of its own: makes the lab's two networks and mounts the host's root, then becomes the world's process.
# Nothing of it can stay behind: the kernel takes mounts and namespaces away with the last process that is in them.
#   stage.sh ROOT MOUNT-OPTIONS WORLD-ADDRESSES HOST-ADDRESSES COMMAND…
# The addresses are lists, separated by commas, with prefix lengths; the host's default routes go to the world's first of each kind.
set -euo pipefail
root=$1 options=$2
IFS=, read -ra world <<<"$3"
IFS=, read -ra host <<<"$4"
shift 4

# The names of network namespaces and systemd-nspawn's files lie in /run: with one of their own, several labs don't meet there.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock
ip netns add world
ip netns add host
ip -n world link add eth0 type veth peer name eth0 netns host
for each in world host; do
  ip -n "$each" link set lo up
  ip -n "$each" link set eth0 up
done
# Without nodad an IPv6 address can't be used in its first second.
for address in "${world[@]}"; do
  case $address in *:*) ip -n world address add "$address" dev eth0 nodad ;; *) ip -n world address add "$address" dev eth0 ;; esac
done
for address in "${host[@]}"; do
  case $address in *:*) ip -n host address add "$address" dev eth0 nodad ;; *) ip -n host address add "$address" dev eth0 ;; esac
done
four='' six=''
for address in "${world[@]%/*}"; do
  case $address in *:*) six=${six:-$address} ;; *) four=${four:-$address} ;; esac
done
ip -n host route add default via "$four"
ip -n host -6 route add default via "$six"

mkdir -p "$root"
# Or else the root is a copy of the layers already.
[[ $options == copy ]] || mount -t overlay overlay -o "$options" "$root"
exec nsenter --net=/run/netns/world -- "$@"
