//! An access key's secret, prepared for signing.

use hmac::{Hmac, KeyInit};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The hash states that every signature with a secret starts from. They are computed once, which saves two hash blocks
/// per signature. They are as sensitive as the secret, and wiped from memory on drop.
#[derive(Clone)]
pub(crate) struct SigningKeys {
    v1: Hmac<Sha1>,
    v3: Hmac<Sha256>,
}

impl SigningKeys {
    pub(crate) fn of(secret: &str) -> SigningKeys {
        let v1 = Zeroizing::new([secret, "&"].concat());
        SigningKeys { v1: keyed(&v1), v3: keyed(secret) }
    }

    pub(super) fn v1(&self) -> Hmac<Sha1> {
        self.v1.clone()
    }

    pub(super) fn v3(&self) -> Hmac<Sha256> {
        self.v3.clone()
    }
}

fn keyed<H: KeyInit>(key: &str) -> H {
    H::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    #[test]
    fn what_a_key_consists_of_is_wiped_from_memory() {
        fn assert_wiped<Hash: ZeroizeOnDrop>() {}

        assert_wiped::<Sha1>();
        assert_wiped::<Sha256>();
    }
}
