object cbbdf9e433b07ab9c084f3e82afc003c6850e2b6
type commit
tag gpg-brainpool
tagger Ada <ada@example.org> 1796054764 +0000

signed by gpg-brainpool
-----BEGIN PGP SIGNATURE-----

iLUEABMKAB0WIQSE/p4EF/gBI7EBwFicj/AN5qirFgUCaw2e7AAKCRCcj/AN5qir
Fp9UAf9laUK109f/98wfbDs1USky9a6o6QwBPwoTBqfw43aPSyFBMv974XMvxtap
lv5iAq7qL3s23PI5lQDv0UMKLElHAf9MPCjN3FcwMcszwy3y4JJYTueE6Yxem7Vi
vZ+4XCL2n/mPL05iZUpTEXMN58VT2UGA0spmyV3YKyGbaP++/kH9
=s8NX
-----END PGP SIGNATURE-----
