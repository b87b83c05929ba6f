# SPDX-License-Identifier: MIT
# yvonne: a profile for the eUICC, loaded later than the others
profile iccid=89490200007770000060 name="Yvonne" provider="Example" state=disabled
template usim
iccid 89490200007770000060
imsi 262027770000060 mnc=2
spn "Example Mobil"
msisdn "" +4915170000060
lang de
pin1 1234 off
phonebook local adn=40x28 ext1=2 psc cc puid uid pbc alias
contact "Yvonne" +493099900001
