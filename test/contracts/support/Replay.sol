// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessControlDefaultAdminRules as IRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {DirectoryReplay} from "./DirectoryReplay.sol";
import {Vm} from "../Vm.sol";
import {Tree} from "./Tree.sol";

/// @dev What {IDocumentRegistry-Anchored} has beside its topics.
struct GroupData {
    uint8 kind;
    uint8 algorithm;
    uint8 flags;
    uint64 recordedAt;
    uint64 validUntil;
    address recordedBy;
    bytes32[] payloads;
}

/// @title The registry rebuilt from its events alone: every entry, the tree over them, and the state
abstract contract Replay is DirectoryReplay {
    using Tree for Tree.Leaves;

    /// @dev Sizes at which a change ended, ascending, and the roots that the registry had then.
    uint64[] internal _sizes;
    mapping(uint64 size => bytes32 root) internal _rootsThen;

    /**
     * @notice Takes the events of one transaction, compares what each touched with storage, and the root with the
     * definition's.
     * @return changes events of the registry's own; OpenZeppelin's come beside them and say nothing of their own
     */
    function _replay(Vm.Log[] memory logs) internal returns (uint256 changes) {
        for (uint256 i = 0; i < logs.length; ++i) {
            require(logs[i].emitter == address(_registry), "an event of another contract");
            if (_isOpenZeppelins(logs[i].topics[0])) continue;
            _replayOne(logs[i]);
            ++changes;
        }
        if (changes != 0) _recordRoot();
        _checkWhole();
    }

    function _replayOne(Vm.Log memory log) private {
        require(uint256(log.topics[1]) == _entries.length, "the next entry has the next index");
        bytes32 topic = log.topics[0];
        if (topic == I.Anchored.selector) return _replayGroup(log);
        if (topic == I.StatusSet.selector) _replayStatus(log);
        else _replayChange(log);
        _recordRoot();
    }

    function _replayGroup(Vm.Log memory log) private {
        GroupData memory group = abi.decode(_asStruct(log.data), (GroupData));
        uint32 institution = uint32(uint256(log.topics[2]));
        uint32 holder = _registry.holderAt(group.recordedBy, group.recordedAt);
        require(holder == institution && holder != 0, "C2: a key in force of the institution");
        require(_replayed.institutions[institution].state == 1, "C13: an active institution");
        require(group.flags & 2 == _flagsOf(institution), "C14: bit 1 is that of its admin");
        bytes memory head = abi.encodePacked(
            uint8(1),
            group.kind,
            group.algorithm,
            group.flags,
            institution,
            uint32(uint256(log.topics[3])),
            group.recordedAt,
            group.validUntil
        );
        for (uint256 i = 0; i < group.payloads.length; ++i) {
            require(group.payloads[i] != 0, "C7: no payload is zero");
            _append(abi.encodePacked(head, group.payloads[i], group.recordedBy), group.recordedAt);
        }
    }

    function _replayStatus(Vm.Log memory log) private {
        (uint8 action, uint8 reason, uint64 successor, uint8 flags, uint64 recordedAt, address by) = abi
            .decode(log.data, (uint8, uint8, uint64, uint8, uint64, address));
        uint64 document = uint64(uint256(log.topics[2]));
        uint32 institution = uint32(uint256(log.topics[3]));
        require(flags == _flagsOf(institution), "C14: bit 1 is that of its admin");
        require(institution == 0 || _replayed.institutions[institution].state != 3, "C13: not withdrawn");
        uint8 before = _replayed.statuses[document].action;
        require(before != 1 && before != 4, "C3: revoked and superseded are final");
        uint64 index = uint64(_entries.length);
        _replayed.statuses[document] = I.Status(action, reason, institution, successor, index, recordedAt);
        bytes32 payload = bytes32(abi.encodePacked(document, action, reason, successor, bytes14(0)));
        _append(_entryOf(2, flags, institution, recordedAt, payload, by), recordedAt);
        _checkStatus(document);
    }

    /// @dev Governance has no admin.
    function _flagsOf(uint32 institution) private view returns (uint8) {
        return _replayed.institutions[institution].adminByGovernance ? 2 : 0;
    }

    /// @dev C5: the root is that of the entries replayed so far.
    function _recordRoot() private {
        uint64 size = uint64(_entries.length);
        if (_rootsThen[size] != 0) return;
        bytes32 root = _tree.root(size);
        require(_registry.rootAt(size) == root, "C5: the root is the definition's");
        _sizes.push(size);
        _rootsThen[size] = root;
    }

    function _isOpenZeppelins(bytes32 topic) private pure returns (bool) {
        return
            topic == IAccessControl.RoleGranted.selector ||
            topic == IAccessControl.RoleRevoked.selector ||
            topic == IRules.DefaultAdminTransferScheduled.selector ||
            topic == IRules.DefaultAdminTransferCanceled.selector ||
            topic == IRules.DefaultAdminDelayChangeScheduled.selector ||
            topic == IRules.DefaultAdminDelayChangeCanceled.selector;
    }
}
