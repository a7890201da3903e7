#!/usr/bin/env bash
# Rebuilds the machine of the kernel observations in $LAB, by default target/lab,
# from the packages of Debian 12: kernel, fio, dmsetup, the two selectors that
# Debian does not build, and two QEMU plugins that trace.
#
# Run as root. Needs 3 GB, 1 GB of it to be downloaded, and as sources of apt
# bookworm (also its deb-src), its security updates, and bookworm-backports (QEMU
# 9.2 or later, for the plugin). An archive forgets old versions of a kernel;
# Debian's snapshots have them all.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
lab="${LAB:-$here/../../target/lab}"
kernel=6.1.0-56-amd64
version=6.1.192-2
fio=3.33
# In the order in which they are loaded: null_blk after dm, as its device numbers tell.
modules="configfs bfq kyber-iosched scsi_common scsi_mod dm-mod dm-multipath dm-round-robin
    dm-queue-length dm-service-time dm-historical-service-time dm-io-affinity null_blk"
mkdir -p "$lab/packages"
cd "$lab"

install_tools() {
    apt-get update
    apt-get install -y dmsetup cpio kmod gcc make xz-utils libaio-dev zlib1g-dev \
        "linux-headers-$kernel=$version" "linux-headers-${kernel%-amd64}-common=$version"
    apt-get install -y -t bookworm-backports qemu-system-x86
}

# download PACKAGE[=VERSION]: to packages/, unless it is there.
download() {
    if ! compgen -G "packages/${1%%=*}_*.deb" >/dev/null; then
        (cd packages && apt-get download "$1")
    fi
}

# Prints the files of a package that is in packages/, as a tar archive.
contents() {
    dpkg-deb --fsys-tarfile packages/"$1"_*.deb
}

unpack() {
    mkdir -p kernel source
    contents "linux-image-$kernel-unsigned" | tar -x -C kernel
    cp "kernel/boot/vmlinuz-$kernel" .
    # The map of addresses is in the package of debugging symbols alone.
    contents "linux-image-$kernel-dbg" |
        tar -xO "./usr/lib/debug/boot/System.map-$kernel" >System.map
    contents linux-source-6.1 | tar -xO ./usr/src/linux-source-6.1.tar.xz |
        tar -xJ -C source --strip-components=1 linux-source-6.1/drivers/md
}

build_selectors() {
    mkdir -p selectors
    cp source/drivers/md/*.h selectors
    for name in historical-service-time io-affinity; do
        cp "source/drivers/md/dm-ps-$name.c" selectors
        printf 'obj-m += dm-%s.o\ndm-%s-y := dm-ps-%s.o\n' "$name" "$name" "$name"
    done >selectors/Makefile
    make -C "/lib/modules/$kernel/build" "M=$PWD/selectors" modules
}

# As it was built for the observations, to the instruction: from the unchanged
# source, static, for any x86-64.
build_fio() {
    if [ ! -e fio/fio ]; then
        (cd packages && apt-get source --download-only "fio=$fio-3")
        mkdir -p fio
        tar -xf "packages/fio_$fio.orig.tar.gz" -C fio --strip-components=1
        (cd fio && ./configure --build-static --disable-native && make fio)
    fi
}

build_plugins() {
    for plugin in trace calls; do
        gcc -O2 -Wall -shared -fPIC -o "$plugin.so" "$here/$plugin.c"
    done
}

# Copies programs and the libraries that they load, each to the same place.
copy_programs() {
    { printf '%s\n' "$@"; ldd "$@" | grep -o '/[^ :]*\.so[^ :]*'; } | sort -u |
        xargs cp -L --parents -t root
}

copy_modules() {
    mkdir root/mod
    for module in $modules; do
        cp "$(find "kernel/lib/modules/$kernel" selectors -name "$module.ko")" root/mod
        echo "$module" | sed 's/^null_blk$/& nr_devices=0/' >>root/mod/order
    done
}

pack_image() {
    rm -rf root
    mkdir -p root/{bin,dev,etc,proc,root,run,sbin,sys,tmp,usr}
    contents busybox-static | tar -x -C root ./bin/busybox
    copy_programs "$(command -v dmsetup)"
    cp fio/fio root/bin/fio
    copy_modules
    cp "$here/init" root/init
    (cd root && find . | LC_ALL=C sort | cpio -o -H newc --quiet | gzip -1) >base.cpio.gz
}

install_tools
download "linux-image-$kernel-unsigned=$version"
download "linux-image-$kernel-dbg=$version"
download "linux-source-6.1=$version"
download busybox-static
unpack
build_selectors
build_fio
build_plugins
pack_image
echo "The machine is in $PWD."
