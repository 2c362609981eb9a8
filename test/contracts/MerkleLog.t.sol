// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleLog} from "../../contracts/MerkleLog.sol";

/// @notice The log against RFC 9162 section 2.1.1 written out, without assembly and without a frontier.
contract MerkleLogTest {
    using MerkleLog for MerkleLog.Log;
    using MerkleLog for MerkleLog.Appender;

    MerkleLog.Log private _log;
    bytes32[] private _leaves;

    /// @notice Any number of leaves in any split into commits has the root of the definition, at every commit.
    function testFuzz_RootIsThatOfTheDefinition(uint8[] calldata batches, bytes32 seed) external {
        for (uint256 i = 0; i < batches.length && _leaves.length < 200; ++i) {
            MerkleLog.Appender memory appender = _log.open();
            for (uint256 j = 0; j < batches[i]; ++j) {
                bytes memory leaf = abi.encodePacked(uint8(0), new bytes(80));
                MerkleLog.setPayload(leaf, keccak256(abi.encode(seed, i, j)));
                appender.append(leaf);
                _leaves.push(sha256(leaf));
            }
            _log.commit(appender, 0);
            require(_log.size == _leaves.length, "size");
            if (_leaves.length == 0) continue;
            require(_log.roots[_log.size] == _rootOf(0, _leaves.length), "root");
        }
    }

    /// @notice The payload stands at offset 28 of the entry, and nothing beside it changes.
    function testFuzz_PayloadIsPutInItsPlace(bytes32 head, bytes32 payload, bytes20 tail) external pure {
        bytes memory leaf = abi.encodePacked(uint8(0), bytes28(head), bytes32(0), tail);
        MerkleLog.setPayload(leaf, payload);
        bytes memory expected = abi.encodePacked(uint8(0), bytes28(head), payload, tail);
        require(keccak256(leaf) == keccak256(expected), "leaf");
    }

    /// @notice A proof made by the definition verifies, and fails for another index, another leaf or a longer proof.
    function testFuzz_InclusionIsProvable(uint8 size, uint8 index, bytes32 seed) external {
        if (size == 0) return;
        index = uint8(index % size);
        for (uint256 i = 0; i < size; ++i) _leaves.push(keccak256(abi.encode(seed, i)));
        bytes32 root = _rootOf(0, size);
        bytes32[] memory proof = _pathOf(index, 0, size);
        require(this.verify(_leaves[index], index, size, proof, root), "proof");
        require(!this.verify(keccak256("another"), index, size, proof, root), "another leaf");
        require(!this.verify(_leaves[index], size, size, proof, root), "index = size");
        if (size > 1) {
            uint8 other = uint8((uint256(index) + 1) % size);
            require(!this.verify(_leaves[index], other, size, proof, root), "another index");
            proof[uint256(seed) % proof.length] ^= bytes32(uint256(1));
            require(!this.verify(_leaves[index], index, size, proof, root), "one bit");
        }
        bytes32[] memory longer = new bytes32[](proof.length + 1);
        require(!this.verify(_leaves[index], index, size, longer, root), "longer");
    }

    function verify(
        bytes32 leafHash,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        bytes32 root
    ) external view returns (bool) {
        return MerkleLog.verifyInclusion(leafHash, index, size, proof, root);
    }

    function _rootOf(uint256 start, uint256 end) private view returns (bytes32) {
        if (end - start == 1) return _leaves[start];
        uint256 middle = start + _split(end - start);
        return sha256(abi.encodePacked(uint8(1), _rootOf(start, middle), _rootOf(middle, end)));
    }

    function _pathOf(uint256 index, uint256 start, uint256 end) private view returns (bytes32[] memory path) {
        if (end - start == 1) return path;
        uint256 middle = start + _split(end - start);
        bool left = index < middle;
        bytes32[] memory rest = left ? _pathOf(index, start, middle) : _pathOf(index, middle, end);
        path = new bytes32[](rest.length + 1);
        for (uint256 i = 0; i < rest.length; ++i) path[i] = rest[i];
        path[rest.length] = left ? _rootOf(middle, end) : _rootOf(start, middle);
    }

    function _split(uint256 leaves) private pure returns (uint256 split) {
        split = 1;
        while (split * 2 < leaves) split *= 2;
    }
}
