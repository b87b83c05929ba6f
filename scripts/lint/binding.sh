#!/bin/bash
# SPDX-License-Identifier: MIT
# binding.sh LINUX BINDING WORK: is the device-tree binding a valid one, are its examples
# valid under it, and would an invalid node be noticed? Silent when all is well.
set -euo pipefail
linux=$1 binding=$2 work=$3/binding
bindings=$linux/Documentation/devicetree/bindings

# $id says in which folder a binding belongs.
path=$(sed -nE 's#^\$id: *"?http://devicetree.org/schemas/([^#"]+)\#.*#\1#p' "$binding")
[ -n "$path" ] || { echo "$binding: no \$id"; exit 1; }
mkdir -p "$work/bindings/$(dirname "$path")"
cp "$binding" "$work/bindings/$path"
cp -r "$bindings/serial" "$work/bindings/"
cd "$work"
dt-doc-validate -u bindings "bindings/$path"
find bindings/serial -name '*.yaml' ! -name serial.yaml ! -name rs485.yaml \
	! -name serial-peripheral-props.yaml -delete
dt-mk-schema -j -o schema.json bindings

compile() {
	cpp -nostdinc -undef -D__DTS__ -x assembler-with-cpp -I "$linux/include" -o "$1.pp" "$1.dts"
	# The examples stand in nodes that dt-extract-example invents, cells and all.
	dtc -q -I dts -O dtb -o "$1.dtb" "$1.pp"
}

dt-extract-example "bindings/$path" >good.dts
grep -q sim-slot good.dts || { echo "$binding: no example"; exit 1; }
compile good
dt-validate -s schema.json good.dtb

# Without what is required, dt-validate must speak up: else it looked at nothing.
sed '/reset-gpios/d' good.dts >bad.dts
compile bad
dt-validate -s schema.json bad.dtb >bad.log 2>&1 || true
grep -q "'reset-gpios' is a required property" bad.log ||
	echo "dt-validate does not notice a slot without reset-gpios: is the schema applied at all?"
