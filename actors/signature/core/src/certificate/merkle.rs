use alloy_primitives::{B256, Bytes, keccak256};

/// A binary tree of keccak hashes over leaves padded with zeros to a power of two. Pairs are
/// hashed as they stand, left before right; a single leaf is its own root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerkleTree {
    leaves: usize,
    /// From the padded leaves up to the root.
    levels: Vec<Vec<B256>>,
}

impl MerkleTree {
    /// Over these leaves, in their order.
    pub fn new(mut leaves: Vec<B256>) -> Self {
        let count = leaves.len();
        leaves.resize(count.next_power_of_two(), B256::ZERO);
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| 1 < level.len()) {
            let above = level.chunks_exact(2).map(|pair| node(pair[0], pair[1])).collect();
            levels.push(above);
        }
        Self { leaves: count, levels }
    }

    /// The root; zero without leaves.
    pub fn root(&self) -> B256 {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or_default()
    }

    /// Siblings from the leaf upwards, concatenated. `None` past the last leaf.
    pub fn proof(&self, index: usize) -> Option<Bytes> {
        if self.leaves <= index {
            return None;
        }
        let mut proof = Vec::with_capacity(32 * self.levels.len());
        let below_root = self.levels.len().saturating_sub(1);
        for (height, level) in self.levels[..below_root].iter().enumerate() {
            proof.extend_from_slice(level[(index >> height) ^ 1].as_slice());
        }
        Some(proof.into())
    }
}

/// Whether `proof` leads from `leaf` at `index` to `root`.
pub fn is_proof(leaf: B256, index: usize, proof: &[u8], root: B256) -> bool {
    let (siblings, rest) = proof.as_chunks::<32>();
    let mut hash = leaf;
    let mut position = index;
    for sibling in siblings {
        let sibling = B256::new(*sibling);
        let is_right = position & 1 == 1;
        hash = if is_right { node(sibling, hash) } else { node(hash, sibling) };
        position >>= 1;
    }
    rest.is_empty() && position == 0 && hash == root
}

fn node(left: B256, right: B256) -> B256 {
    keccak256([left.0, right.0].concat())
}
