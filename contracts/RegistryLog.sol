// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry} from "./IDocumentRegistry.sol";
import {MerkleLog} from "./MerkleLog.sol";

/// @title The registry's log: entries go in here, and nowhere else
abstract contract RegistryLog is IDocumentRegistry {
    using MerkleLog for MerkleLog.Log;
    using MerkleLog for MerkleLog.Appender;

    /// @notice 9999-12-31T23:59:59Z, the last moment that RFC 3339 can write.
    uint64 internal constant MAX_TIME = 253_402_300_799;

    uint8 internal constant VERSION = 1;
    uint8 internal constant KIND_STATUS = 2;
    uint8 internal constant KIND_DIRECTORY = 5;
    uint8 internal constant ALGORITHM_NONE = 0;
    uint32 internal constant GOVERNANCE = 0;
    uint32 internal constant NO_SCENE = 0;
    uint256 internal constant ENTRY_BYTES = 80;
    /// @dev Above this a block time is in milliseconds, as FISCO BCOS may give it.
    uint256 private constant MILLISECONDS_ABOVE = 1e11;

    MerkleLog.Log internal _log;

    constructor() {
        _log.payAhead();
    }

    /// @inheritdoc IDocumentRegistry
    function head() external view returns (uint64 size, bytes32 root) {
        size = _log.size;
        root = _log.roots[size];
    }

    /// @inheritdoc IDocumentRegistry
    function rootAt(uint64 size) external view returns (bytes32 root) {
        return _log.roots[size];
    }

    /// @inheritdoc IDocumentRegistry
    function verifyInclusion(
        bytes calldata entry,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (bool included) {
        bytes32 root = _log.roots[size];
        if (root == 0 || entry.length != ENTRY_BYTES) return false;
        return MerkleLog.verifyInclusion(MerkleLog.hashLeaf(entry), index, size, proof, root);
    }

    /// @dev max(block time, the last recordedAt): time in the log never runs backwards.
    function _recordingTime() internal view returns (uint64) {
        uint256 time = block.timestamp;
        if (time > MILLISECONDS_ABOVE) time /= 1000;
        uint64 last = _log.lastRecordedAt;
        return time > last ? uint64(time) : last;
    }

    /// @dev Appends an entry without digest, scene and validity, and commits it.
    function _appendOne(
        uint8 kind,
        uint8 flags,
        uint32 institution,
        uint64 recordedAt,
        bytes32 payload
    ) internal returns (uint64 index) {
        MerkleLog.Appender memory appender = _log.open();
        index = appender.size;
        appender.append(
            abi.encodePacked(
                uint8(0),
                VERSION,
                kind,
                ALGORITHM_NONE,
                flags,
                institution,
                NO_SCENE,
                recordedAt,
                uint64(0),
                payload,
                msg.sender
            )
        );
        _log.commit(appender, recordedAt);
    }

    /**
     * @dev Appends the directory entry of an event.
     * @param institution the one concerned
     * @param topic0 of the event
     * @param parameters abi.encode of its parameters in order, without index and recordedAt
     */
    function _appendChange(
        uint32 institution,
        bytes32 topic0,
        bytes memory parameters
    ) internal returns (uint64 index, uint64 recordedAt) {
        recordedAt = _recordingTime();
        bytes32 payload = sha256(abi.encodePacked(topic0, parameters));
        index = _appendOne(KIND_DIRECTORY, 0, institution, recordedAt, payload);
    }

    /**
     * @dev Records a change: appends its directory entry, and emits its event. Both hold the same parameters, encoded once;
     * `emit` beside `abi.encode` at each change would take more code than EIP-170 allows.
     * @param institution the one concerned
     * @param topic0 of the event
     * @param indexed_ 0 to 2: how many of the parameters are indexed; the first ones, of static types
     * @param parameters abi.encode of the event's parameters in order, without index and recordedAt; all static, or one of
     * them indexed, because their offsets are then the same in the event
     * @param words of the parameters' head, of which the last is recordedBy
     */
    function _record(
        uint32 institution,
        bytes32 topic0,
        uint256 indexed_,
        bytes memory parameters,
        uint256 words
    ) internal {
        (uint64 index, uint64 recordedAt) = _appendChange(institution, topic0, parameters);
        assembly ("memory-safe") {
            let head := add(parameters, 32)
            let first := mload(head)
            let second := mload(add(head, 32))
            // what is not indexed moves one word down, so that recordedAt has room before recordedBy
            let data := add(parameters, shl(5, indexed_))
            let size := sub(add(head, mload(parameters)), data)
            let last := add(parameters, shl(5, sub(words, 1)))
            for {
                let word := data
            } lt(word, last) {
                word := add(word, 32)
            } {
                mstore(word, mload(add(word, 32)))
            }
            mstore(last, recordedAt)
            if iszero(indexed_) {
                log2(data, size, topic0, index)
            }
            if eq(indexed_, 1) {
                log3(data, size, topic0, index, first)
            }
            if eq(indexed_, 2) {
                log4(data, size, topic0, index, first, second)
            }
        }
    }

    /// @dev As above, of parameters that are all static.
    function _record(uint32 institution, bytes32 topic0, uint256 indexed_, bytes memory parameters) internal {
        _record(institution, topic0, indexed_, parameters, parameters.length / 32);
    }
}
