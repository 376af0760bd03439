// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.30;

/// A judge for tests: decodes a BN254 certificate from its bytes and believes it only if the
/// rules of the protocol let it, on nothing but the precompiles 0x05 to 0x08. It knows of an
/// operator set what its table commits to: the root, the sum of all keys, the sums of weights.
contract CertificateVerifier {
    struct G1 {
        uint256 x;
        uint256 y;
    }

    /// The imaginary part of a coordinate first.
    struct G2 {
        uint256[2] x;
        uint256[2] y;
    }

    struct OperatorInfo {
        G1 pubkey;
        uint256[] weights;
    }

    struct Witness {
        uint32 operatorIndex;
        bytes proof;
        OperatorInfo info;
    }

    struct Certificate {
        uint32 referenceTimestamp;
        bytes32 messageHash;
        G1 signature;
        G2 apk;
        Witness[] nonSignerWitnesses;
    }

    struct Table {
        uint32 referenceTimestamp;
        uint256 operators;
        bytes32 root;
        G1 allKeys;
        uint256[] totalWeights;
    }

    error ReferenceTimestampDoesNotExist();
    error NonSignerIndicesNotSorted();
    error InvalidOperatorIndex();
    error InvalidProofLength();
    error VerificationFailed();
    error ECAddFailed();
    error ECMulFailed();
    error ECPairingFailed();
    error ExpModFailed();

    uint256 private constant P =
        21888242871839275222246405745257275088696311157297823662689037894645226208583;
    uint256 private constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    bytes32 private constant CERTIFICATE =
        keccak256("BN254Certificate(uint32 referenceTimestamp,bytes32 messageHash)");

    /// The weights that have signed; reverts if the certificate is none.
    function verify(bytes calldata encoded, Table calldata table)
        external
        view
        returns (uint256[] memory signed)
    {
        Certificate memory certificate = abi.decode(encoded, (Certificate));
        // One encoding for one certificate.
        if (keccak256(abi.encode(certificate)) != keccak256(encoded)) revert VerificationFailed();
        if (certificate.referenceTimestamp != table.referenceTimestamp) {
            revert ReferenceTimestampDoesNotExist();
        }
        G1 memory keys;
        (keys, signed) = present(certificate.nonSignerWitnesses, table);
        bytes32 digest = keccak256(
            abi.encode(CERTIFICATE, certificate.referenceTimestamp, certificate.messageHash)
        );
        if (!isSigned(digest, keys, certificate.apk, certificate.signature)) {
            revert VerificationFailed();
        }
    }

    /// All keys and weights less those of the absent.
    function present(Witness[] memory absent, Table calldata table)
        private
        view
        returns (G1 memory keys, uint256[] memory weights)
    {
        keys = table.allKeys;
        weights = table.totalWeights;
        for (uint256 i = 0; i < absent.length; i++) {
            Witness memory witness = absent[i];
            if (i > 0 && witness.operatorIndex <= absent[i - 1].operatorIndex) {
                revert NonSignerIndicesNotSorted();
            }
            if (witness.operatorIndex >= table.operators) revert InvalidOperatorIndex();
            bytes32 leaf = keccak256(abi.encodePacked(uint8(0x75), abi.encode(witness.info)));
            if (climb(leaf, witness.operatorIndex, witness.proof) != table.root) {
                revert VerificationFailed();
            }
            keys = add(keys, negated(witness.info.pubkey));
            for (uint256 j = 0; j < weights.length; j++) {
                weights[j] -= witness.info.weights[j];
            }
        }
    }

    /// Where a Merkle proof leads. Every bit of the index is used up by it.
    function climb(bytes32 node, uint256 index, bytes memory proof)
        private
        pure
        returns (bytes32)
    {
        if (proof.length % 32 != 0) revert InvalidProofLength();
        for (uint256 at = 32; at <= proof.length; at += 32) {
            bytes32 sibling;
            assembly {
                sibling := mload(add(proof, at))
            }
            node = index % 2 == 0
                ? keccak256(abi.encodePacked(node, sibling))
                : keccak256(abi.encodePacked(sibling, node));
            index /= 2;
        }
        if (index != 0) revert InvalidOperatorIndex();
        return node;
    }

    /// e(σ + γ·pk₁, −g₂) · e(H(digest) + γ·g₁, pk₂) = 1.
    function isSigned(bytes32 digest, G1 memory key, G2 memory apk, G1 memory signature)
        private
        view
        returns (bool)
    {
        uint256 gamma = uint256(
            keccak256(
                abi.encodePacked(digest, key.x, key.y, apk.x, apk.y, signature.x, signature.y)
            )
        ) % R;
        G1 memory left = add(signature, times(key, gamma));
        G1 memory right = add(hashToG1(digest), times(G1(1, 2), gamma));
        bytes memory input = abi.encodePacked(
            abi.encode(left),
            uint256(11559732032986387107991004021392285783925812861821192530917403151452391805634),
            uint256(10857046999023057135944570762232829481370756359578518086990519993285655852781),
            uint256(17805874995975841540914202342111839520379459829704422454583296818431106115052),
            uint256(13392588948715843804641432497768002650278120570034223513918757245338268106653),
            abi.encode(right),
            apk.x,
            apk.y
        );
        (bool done, bytes memory output) = address(8).staticcall(input);
        if (!done || output.length != 32) revert ECPairingFailed();
        return abi.decode(output, (uint256)) == 1;
    }

    /// The first x from the digest on that is on the curve.
    function hashToG1(bytes32 digest) private view returns (G1 memory) {
        uint256 x = uint256(digest) % P;
        while (true) {
            uint256 square = addmod(mulmod(mulmod(x, x, P), x, P), 3, P);
            uint256 y = root(square);
            if (mulmod(y, y, P) == square) return G1(x, y);
            x = addmod(x, 1, P);
        }
        return G1(0, 0);
    }

    /// square^((p + 1) / 4).
    function root(uint256 square) private view returns (uint256) {
        bytes memory input =
            abi.encode(uint256(32), uint256(32), uint256(32), square, (P + 1) / 4, P);
        (bool done, bytes memory output) = address(5).staticcall(input);
        if (!done) revert ExpModFailed();
        return abi.decode(output, (uint256));
    }

    function negated(G1 memory point) private pure returns (G1 memory) {
        if (point.x == 0 && point.y == 0) return point;
        return G1(point.x, P - (point.y % P));
    }

    function add(G1 memory one, G1 memory other) private view returns (G1 memory) {
        (bool done, bytes memory output) = address(6).staticcall(abi.encode(one, other));
        if (!done || output.length != 64) revert ECAddFailed();
        return abi.decode(output, (G1));
    }

    function times(G1 memory point, uint256 scalar) private view returns (G1 memory) {
        (bool done, bytes memory output) = address(7).staticcall(abi.encode(point, scalar));
        if (!done || output.length != 64) revert ECMulFailed();
        return abi.decode(output, (G1));
    }
}
