#!/bin/sh
# Builds the base of the test guest: a minimal Debian with systemd as PID 1, its stock cloud kernel and a
# four-file initramfs. Needs root, mmdebstrap, cpio and mke2fs; no loop device, no network but Debian's archive.
#
#   build.sh DIR     writes DIR/base.ext4, DIR/vmlinuz and DIR/initrd
#
# The Java runtime, Omni and the script that tests it come on a second disk that the test makes anew each time.
set -eu
out=$1
suite=trixie
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "$out/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
umask 022

# The mirror that this machine's apt uses, or OMNI_DEBIAN_MIRROR.
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=${OMNI_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' \
    'Created-By: Packages' | awk -v codename="$codename" '$1 == codename && $2 == "main" { print $3; exit }')}
[ -n "$mirror" ] || { echo "No Debian mirror found: set OMNI_DEBIAN_MIRROR to one" >&2; exit 1; }

mmdebstrap --quiet --mode=root --variant=minbase \
    --include=systemd,systemd-sysv,dbus,polkitd,curl,busybox-static,iproute2,kmod,procps,libgomp1,linux-image-cloud-amd64 \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$work/root" "$mirror"
root=$work/root

# Kernel, and the one module that stands between it and the root file system.
cp "$root"/boot/vmlinuz-* "$work/vmlinuz"
mkdir -p "$work/initrd/bin" "$work/initrd/dev" "$work/initrd/proc" "$work/initrd/sysroot"
cp "$root/usr/bin/busybox" "$work/initrd/bin/busybox"
find "$root/usr/lib/modules" -name virtio_blk.ko.xz -exec sh -c 'xz -dc "$1" > "$2"' _ {} "$work/initrd/virtio_blk.ko" \;
install -m 755 "$here/initrd-init" "$work/initrd/init"
(cd "$work/initrd" && find . | sort | cpio --quiet -o -H newc) > "$work/initrd.cpio"

# Of the kernel's modules keep those that the kill switch and its test need; the rest is built in or loaded already.
find "$root/usr/lib/modules" -name '*.ko.xz' -not -path '*/net/netfilter/*' -not -path '*/net/ipv4/*' -not -path '*/net/ipv6/*' \
    -not -path '*/net/unix/*' -not -path '*/net/packet/*' -not -path '*/lib/*' -not -path '*/crypto/*' \
    -not -name 'veth.ko.xz' -not -name 'dummy.ko.xz' -delete
chroot "$root" depmod "$(basename "$root"/usr/lib/modules/*)"
rm -rf "$root/boot" "$root"/initrd.img* "$root"/vmlinuz* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*

# Nobody logs in, nothing waits for a network or a clock that is not there.
for unit in systemd-networkd.service systemd-networkd-wait-online.service systemd-timesyncd.service \
    systemd-firstboot.service systemd-pcrphase.service ldconfig.service systemd-hwdb-update.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer \
    getty@tty1.service serial-getty@ttyS0.service systemd-update-utmp.service systemd-udev-settle.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
ln -sf /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
: > "$root/etc/machine-id"
echo omni-guest > "$root/etc/hostname"
echo '/dev/vdb /opt ext4 ro 0 0' > "$root/etc/fstab"
install -m 644 "$here/omni-guest.service" "$root/etc/systemd/system/omni-guest.service"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../omni-guest.service "$root/etc/systemd/system/multi-user.target.wants/omni-guest.service"

mke2fs -q -t ext4 -L omni-base -d "$root" "$work/base.ext4" 1G
mv "$work/initrd.cpio" "$out/initrd"
mv "$work/vmlinuz" "$out/vmlinuz"
mv "$work/base.ext4" "$out/base.ext4"
