#!/bin/sh
# Builds the base of the test guest: a minimal Debian with systemd as PID 1, its stock kernel and a
# small initramfs. Needs root, mmdebstrap, cpio and mke2fs; no loop device, no network but Debian's archive.
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
    --include=systemd,systemd-sysv,dbus,polkitd,curl,busybox-static,iproute2,iw,kmod,udev,procps,libgomp1,linux-image-amd64 \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$work/root" "$mirror"
root=$work/root

# Files of these modules and of those that they need, in the order in which they are loaded.
version=$(basename "$root"/usr/lib/modules/*)
files() {
    for module; do chroot "$root" modprobe -S "$version" --show-depends "$module"; done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# Kernel, and the modules that stand between it and the root file system.
cp "$root"/boot/vmlinuz-* "$work/vmlinuz"
mkdir -p "$work/initrd/bin" "$work/initrd/dev" "$work/initrd/proc" "$work/initrd/sysroot" "$work/initrd/modules"
cp "$root/usr/bin/busybox" "$work/initrd/bin/busybox"
number=10
for file in $(files virtio_pci virtio_blk crc32c ext4); do
    xz -dc "$root$file" > "$work/initrd/modules/$number.ko"
    number=$((number + 1))
done
install -m 755 "$here/initrd-init" "$work/initrd/init"
(cd "$work/initrd" && find . | sort | cpio --quiet -o -H newc) > "$work/initrd.cpio"

# Of the kernel's modules keep those that the kill switch and its test need.
{
    files virtio_net virtio_rng veth dummy tun macvlan 8021q sctp_diag rfkill mac80211_hwsim bluetooth hci_vhci thinkpad_acpi vsock_loopback
    (cd "$root" && find usr/lib/modules/*/kernel/net/netfilter usr/lib/modules/*/kernel/net/ipv[46] \
        usr/lib/modules/*/kernel/lib usr/lib/modules/*/kernel/crypto usr/lib/modules/*/kernel/net/packet \
        usr/lib/modules/*/kernel/net/unix -name '*.ko.xz' 2>/dev/null || true) | sed 's|^|/|'
} | sed 's|^/lib/|/usr/lib/|' > "$work/kept"
find "$root/usr/lib/modules" -name '*.ko.xz' | while read -r file; do
    grep -qxF "${file#"$root"}" "$work/kept" || rm "$file"
done
chroot "$root" depmod "$version"
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
