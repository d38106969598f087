object c4ce5448275bc787ecea448a0fb29efa699875d9
type commit
tag gpg-subkey
tagger Ada <ada@example.org> 1796032418 +0000

signed by gpg-subkey
-----BEGIN PGP SIGNATURE-----

iHQEABYIAB0WIQRMV40rImedmZEt+zyi/UIq6Tv6jgUCaw1HogAKCRCi/UIq6Tv6
jgz1APduqCbnpfvTVFJDN2+spOFElNe9p8kSu9s6ifCMejM/AP9Z4PKuGaIoL+0P
CrZ29+xdqMtY+M5vG8M2kGCJ+06iCQ==
=olwG
-----END PGP SIGNATURE-----
