#![no_main]

synod_fuzz::target!("bls12381");
