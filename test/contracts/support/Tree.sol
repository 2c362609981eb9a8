// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title The Merkle tree of RFC 9162 section 2.1, by its recursive definition
 * @notice Shares nothing with MerkleLog. Complete subtrees are remembered, so that every root and every path at every
 * size, past ones too, costs a few hashes.
 */
library Tree {
    struct Leaves {
        /// @dev complete[l][i] = MTH of the leaves from i * 2^l on, 2^l of them.
        mapping(uint256 level => bytes32[]) complete;
    }

    function append(Leaves storage leaves, bytes memory entry) internal {
        bytes32 hash = sha256(abi.encodePacked(uint8(0), entry));
        leaves.complete[0].push(hash);
        for (uint256 level = 0; leaves.complete[level].length % 2 == 0; ++level) {
            bytes32[] storage pairs = leaves.complete[level];
            hash = node(pairs[pairs.length - 2], hash);
            leaves.complete[level + 1].push(hash);
        }
    }

    function size(Leaves storage leaves) internal view returns (uint256) {
        return leaves.complete[0].length;
    }

    /// @notice MTH(D[0:n]).
    function root(Leaves storage leaves, uint256 n) internal view returns (bytes32) {
        return subtree(leaves, 0, n);
    }

    /// @notice PATH(m, D[0:n]); `m` is below `n`.
    function path(
        Leaves storage leaves,
        uint256 m,
        uint256 n
    ) internal view returns (bytes32[] memory hashes) {
        uint256 length = _pathLength(m, n);
        hashes = new bytes32[](length);
        uint256 start = 0;
        while (n > 1) {
            uint256 k = split(n);
            bool left = m < k;
            hashes[--length] = left ? subtree(leaves, start + k, n - k) : subtree(leaves, start, k);
            if (!left) (start, m) = (start + k, m - k);
            n = left ? k : n - k;
        }
    }

    /// @notice MTH(D[start:start+n]) of a range that the definition makes of the whole.
    function subtree(Leaves storage leaves, uint256 start, uint256 n) internal view returns (bytes32) {
        uint256 k = split(n);
        if (k * 2 == n || n == 1) return leaves.complete[_log2(n)][start / n];
        return node(subtree(leaves, start, k), subtree(leaves, start + k, n - k));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(1), left, right));
    }

    /// @notice The largest power of two below `n`; 1 for 1.
    function split(uint256 n) internal pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }

    function _pathLength(uint256 m, uint256 n) private pure returns (uint256 length) {
        for (; n > 1; ++length) {
            uint256 k = split(n);
            (m, n) = m < k ? (m, k) : (m - k, n - k);
        }
    }

    function _log2(uint256 n) private pure returns (uint256 level) {
        while (n >> (level + 1) != 0) ++level;
    }
}
