// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title An append-only Merkle tree (RFC 9162 section 2.1) in storage
 * @notice leaf = SHA-256(0x00 ‖ entry), node = SHA-256(0x01 ‖ left ‖ right): a node never passes for a leaf. Storage
 * holds the frontier, that is the roots of the complete subtrees of which the tree is made, and the root of every size
 * that was committed.
 *
 * The assembly is there for cost alone: it hashes in place what `sha256(abi.encodePacked(...))` would copy each time,
 * which is a third of the price of a batch. test/contracts/MerkleLog.t.sol compares it with the plain definition.
 */
library MerkleLog {
    /// @dev A tree of 2^64 - 1 leaves has complete subtrees on 64 levels.
    uint256 private constant LEVELS = 64;
    /// @dev Levels of a tree of 2^32 - 1 leaves.
    uint256 private constant LEVELS_PAID_AHEAD = 32;
    /// @dev 0x00 ‖ 80 bytes of entry.
    uint256 internal constant LEAF_BYTES = 81;

    struct Log {
        uint64 size;
        uint64 lastRecordedAt;
        /// @dev Level l holds the root of the complete subtree of 2^l leaves, where bit l of `size` is set.
        bytes32[64] frontier;
        mapping(uint64 size => bytes32 root) roots;
    }

    /// @dev A log in memory: opened, appended to any number of times, committed once.
    struct Appender {
        uint64 openedAt;
        uint64 size;
        bytes32[64] frontier;
        /// @dev 65 bytes: 0x01 ‖ left ‖ right.
        bytes node;
    }

    /**
     * @notice Writes the frontier's slots once, at deployment. Each time the log doubles, one entry reaches a new level;
     * without this, that entry would pay 17,100 gas more than its neighbours.
     */
    function payAhead(Log storage log) internal {
        for (uint256 level = 0; level < LEVELS_PAID_AHEAD; ++level) log.frontier[level] = bytes32(uint256(1));
    }

    /// @notice Reads the frontier into memory.
    function open(Log storage log) internal view returns (Appender memory appender) {
        uint64 size = log.size;
        appender.openedAt = size;
        appender.size = size;
        appender.node = abi.encodePacked(uint8(1), bytes32(0), bytes32(0));
        for (uint256 level = 0; size >> level != 0; ++level) {
            if ((size >> level) & 1 == 1) appender.frontier[level] = log.frontier[level];
        }
    }

    /// @notice Appends the entry in `leaf`, which is 0x00 ‖ entry.
    function append(Appender memory appender, bytes memory leaf) internal view {
        uint64 size = appender.size;
        bytes32[64] memory frontier = appender.frontier;
        bytes memory node = appender.node;
        assembly ("memory-safe") {
            let left := add(node, 33)
            let right := add(node, 65)
            // right := SHA-256(leaf); address 2 is the SHA-256 precompile, which fails only for want of gas
            if iszero(staticcall(gas(), 2, add(leaf, 32), LEAF_BYTES, right, 32)) {
                revert(0, 0)
            }
            let slot := frontier
            for {
                let rest := size
            } and(rest, 1) {
                rest := shr(1, rest)
                slot := add(slot, 32)
            } {
                mstore(left, mload(slot))
                if iszero(staticcall(gas(), 2, add(node, 32), 65, right, 32)) {
                    revert(0, 0)
                }
            }
            mstore(slot, mload(right))
        }
        appender.size = size + 1;
    }

    /// @notice Puts another payload in the place of a leaf's.
    function setPayload(bytes memory leaf, bytes32 payload) internal pure {
        assembly ("memory-safe") {
            // 32 bytes of length, the leaf prefix, and 28 bytes of entry come before it
            mstore(add(leaf, 61), payload)
        }
    }

    /// @notice Writes what changed back to storage, and the root at the new size.
    function commit(Log storage log, Appender memory appender, uint64 recordedAt) internal {
        uint64 size = appender.size;
        uint64 before = appender.openedAt;
        bytes32 root;
        bool started;
        for (uint256 level = 0; size >> level != 0; ++level) {
            if ((size >> level) & 1 == 0) continue;
            bytes32 subtree = appender.frontier[level];
            root = started ? hashNode(subtree, root) : subtree;
            started = true;
            // a subtree that was complete before is the same one if the bits from its level up are the same
            if (size >> level != before >> level) log.frontier[level] = subtree;
        }
        log.size = size;
        log.lastRecordedAt = recordedAt;
        log.roots[size] = root;
    }

    /// @notice Whether `leafHash` is at `index` of the tree with `root` at `size` (RFC 9162 section 2.1.3.2).
    function verifyInclusion(
        bytes32 leafHash,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        bytes32 root
    ) internal view returns (bool) {
        if (index >= size || proof.length > LEVELS) return false;
        uint64 fn = index;
        uint64 sn = size - 1;
        bytes32 hash = leafHash;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (sn == 0) return false;
            if (fn & 1 == 1 || fn == sn) {
                hash = hashNode(proof[i], hash);
                while (fn & 1 == 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                hash = hashNode(hash, proof[i]);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && hash == root;
    }

    function hashLeaf(bytes calldata entry) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(0), entry));
    }

    /// @dev Hashes beyond the memory in use, which it does not take.
    function hashNode(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let node := mload(0x40)
            mstore8(node, 1)
            mstore(add(node, 1), left)
            mstore(add(node, 33), right)
            if iszero(staticcall(gas(), 2, node, 65, 0, 32)) {
                revert(0, 0)
            }
            hash := mload(0)
        }
    }
}
