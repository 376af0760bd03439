use alloy_primitives::B256;

use super::*;

const SCHEMES: [Scheme; 3] = [Scheme::Bn254, Scheme::Bls12381, Scheme::Ecdsa];

fn key(scheme: Scheme, n: u8) -> SecretKey {
    SecretKey::from_bytes(scheme, &[n; 32]).unwrap()
}

#[test]
fn every_scheme_signs_and_verifies() {
    let (digest, other) = (Digest(B256::repeat_byte(3)), Digest(B256::repeat_byte(4)));
    for scheme in SCHEMES {
        let (one, two) = (key(scheme, 1), key(scheme, 2));
        let signature = one.sign(digest);
        assert_eq!(signature.scheme, scheme);
        assert_eq!(signature, one.sign(digest), "the same bytes again");
        assert_eq!(verify(&one.public(), digest, &signature), Ok(()));
        assert_eq!(verify(&one.public(), other, &signature), Err(Fault::Mismatch));
        assert_eq!(verify(&two.public(), digest, &signature), Err(Fault::Mismatch));
        assert_eq!(one.public().scheme(), scheme);
        assert_eq!(one.to_bytes().as_slice(), [1; 32]);
        assert!(format!("{one:?}").ends_with("(redacted)"));
    }
}

#[test]
fn a_signature_of_another_scheme_or_length_is_refused() {
    let digest = Digest(B256::repeat_byte(3));
    for scheme in SCHEMES {
        let public = key(scheme, 1).public();
        for other in SCHEMES.into_iter().filter(|&other| other != scheme) {
            let refused = verify(&public, digest, &key(other, 1).sign(digest));
            assert_eq!(refused, Err(Fault::Scheme(other)));
        }
        let short = Signature { scheme, bytes: Bytes::from_static(&[1; 7]) };
        assert!(verify(&public, digest, &short).is_err());
    }
}
