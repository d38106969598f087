object bc6222da541ee0f957620154c7baa499e31e90bb
type commit
tag gpg-brainpool-256
tagger Ada <ada@example.org> 1796054764 +0000

signed by gpg-brainpool-256
-----BEGIN PGP SIGNATURE-----

iHUEABMIAB0WIQSpR92zLWW4dJEGgoVdArQ8r+4RIAUCaw2e7AAKCRBdArQ8r+4R
IAyEAP9Sj8nl1NzrsiWQ0Oeeumc4FgS834ur72HW9Y9j65r9uQD/QLVU87xeFMTV
ERFc0cd/5NXDj0+qEIkilJOqQJp6F70=
=JNAi
-----END PGP SIGNATURE-----
