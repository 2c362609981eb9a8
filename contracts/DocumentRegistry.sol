// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directory} from "./Directory.sol";
import {IDocumentRegistry} from "./IDocumentRegistry.sol";
import {MerkleLog} from "./MerkleLog.sol";

/// @title The registry: see {IDocumentRegistry}
contract DocumentRegistry is Directory {
    using MerkleLog for MerkleLog.Log;
    using MerkleLog for MerkleLog.Appender;

    /// @dev Payloads in one call of {anchor}.
    uint256 private constant MAX_PAYLOADS = 2_000;

    uint8 private constant KIND_DOCUMENT = 1;
    uint8 private constant KIND_CONSENT = 3;
    uint8 private constant KIND_VERIFICATION = 4;
    uint8 private constant ALGORITHM_SHA256 = 1;
    uint8 private constant ALGORITHM_SM3 = 2;
    uint8 private constant FLAG_BLINDED = 1;
    uint8 private constant FLAG_ADMIN_BY_GOVERNANCE = 2;
    uint8 private constant ACTION_REVOKE = 1;
    uint8 private constant ACTION_SUSPEND = 2;
    uint8 private constant ACTION_REINSTATE = 3;
    uint8 private constant ACTION_SUPERSEDE = 4;
    uint8 private constant REASON_OTHER = 6;

    mapping(uint64 index => Status) private _statuses;

    /**
     * @param adminDelay units of block time between the two steps of a transfer of DEFAULT_ADMIN_ROLE
     * @param governor gets every role and may give each to others
     * @param predecessor the registry that this one continues; zero = none
     */
    constructor(
        uint48 adminDelay,
        address governor,
        address predecessor
    ) Directory(adminDelay, governor, predecessor) {}

    /// @inheritdoc IDocumentRegistry
    function anchor(Group[] calldata groups) external returns (uint64 index) {
        _checkOpen();
        uint64 recordedAt = _recordingTime();
        uint32 institution = _institutionOfCaller(recordedAt);
        Institution storage registrant = _institutions[institution];
        _checkActive(institution, registrant);
        if (groups.length == 0) revert RegistryEmptyBatch(0);

        MerkleLog.Appender memory appender = _log.open();
        index = appender.size;
        uint8 flags = _flagsOf(registrant);
        for (uint256 i = 0; i < groups.length; ++i) {
            _checkGroup(groups[i], i, recordedAt);
            _checkAccredited(groups[i], institution, registrant);
            uint256 count = appender.size - index + groups[i].payloads.length;
            if (count > MAX_PAYLOADS) revert RegistryTooManyPayloads(count, MAX_PAYLOADS);
            _appendGroup(appender, groups[i], i, institution, flags, recordedAt);
        }
        _log.commit(appender, recordedAt);
    }

    /// @inheritdoc IDocumentRegistry
    function setStatus(
        Inclusion calldata document,
        uint8 action,
        uint8 reason,
        Inclusion calldata successor
    ) external returns (uint64 index) {
        if (action < ACTION_REVOKE || action > ACTION_SUPERSEDE) revert RegistryUnsupportedAction(action);
        if (reason == 0 || reason > REASON_OTHER) revert RegistryUnsupportedReason(reason);
        uint64 recordedAt = _recordingTime();
        uint32 owner = _ownerOf(document, action);
        uint32 actor = _actorOn(document, owner, action, recordedAt);
        _checkTransition(document.index, action);
        if (action == ACTION_SUPERSEDE) _checkSuccessor(successor, document.index, owner);
        else if (!_isEmpty(successor)) revert RegistryUnexpectedSuccessor(action);

        bytes32 payload = bytes32(
            abi.encodePacked(document.index, action, reason, successor.index, bytes14(0))
        );
        uint8 flags = _flagsOf(_institutions[actor]);
        index = _appendOne(KIND_STATUS, flags, actor, recordedAt, payload);
        _statuses[document.index] = Status(action, reason, actor, successor.index, index, recordedAt);
        emit StatusSet(
            index,
            document.index,
            actor,
            action,
            reason,
            successor.index,
            flags,
            recordedAt,
            msg.sender
        );
    }

    /// @inheritdoc IDocumentRegistry
    function statusOf(uint64 index) external view returns (Status memory) {
        return _statuses[index];
    }

    // ---- anchor

    function _checkGroup(Group calldata group, uint256 position, uint64 recordedAt) private view {
        bool isDocument = group.kind == KIND_DOCUMENT;
        if (!isDocument && group.kind != KIND_CONSENT && group.kind != KIND_VERIFICATION) {
            revert RegistryUnsupportedKind(group.kind);
        }
        uint8 lastAlgorithm = isDocument ? ALGORITHM_SM3 : ALGORITHM_SHA256;
        if (group.algorithm == ALGORITHM_NONE || group.algorithm > lastAlgorithm) {
            revert RegistryUnsupportedAlgorithm(group.kind, group.algorithm);
        }
        if (group.flags > FLAG_BLINDED || (!isDocument && group.flags != FLAG_BLINDED)) {
            revert RegistryUnsupportedFlags(group.kind, group.flags);
        }
        if (isDocument ? !_isScene(group.scene) : group.scene != NO_SCENE) {
            revert RegistryUnknownScene(group.kind, group.scene);
        }
        if (group.validUntil != 0 && group.validUntil <= recordedAt) {
            revert RegistryValidUntilPassed(group.validUntil, recordedAt);
        }
        if (group.validUntil > MAX_TIME) revert RegistryTimeTooLate(group.validUntil, MAX_TIME);
        if (group.payloads.length == 0) revert RegistryEmptyBatch(position);
    }

    function _checkAccredited(
        Group calldata group,
        uint32 institution,
        Institution storage registrant
    ) private view {
        uint8 needed = group.kind == KIND_VERIFICATION ? ROLE_VERIFIER : ROLE_ISSUER;
        uint8 roles = registrant.roles;
        if (roles & needed == 0) revert RegistryRoleMissing(institution, roles, needed);
        if (group.kind == KIND_DOCUMENT && (registrant.scenes >> group.scene) & 1 == 0) {
            revert RegistrySceneNotAccredited(institution, group.scene);
        }
    }

    /// @dev Governance itself, institution 0, has no admin.
    function _flagsOf(Institution storage recorder) private view returns (uint8) {
        return recorder.adminByGovernance ? FLAG_ADMIN_BY_GOVERNANCE : 0;
    }

    function _appendGroup(
        MerkleLog.Appender memory appender,
        Group calldata group,
        uint256 position,
        uint32 institution,
        uint8 flags,
        uint64 recordedAt
    ) private {
        uint64 first = appender.size;
        flags |= group.flags;
        bytes memory leaf = abi.encodePacked(
            uint8(0),
            VERSION,
            group.kind,
            group.algorithm,
            flags,
            institution,
            group.scene,
            recordedAt,
            group.validUntil,
            bytes32(0),
            msg.sender
        );
        bytes32[] calldata payloads = group.payloads;
        for (uint256 i = 0; i < payloads.length; ++i) {
            bytes32 payload = payloads[i];
            if (payload == 0) revert RegistryZeroPayload(position, i);
            MerkleLog.setPayload(leaf, payload);
            appender.append(leaf);
        }
        emit Anchored(
            first,
            institution,
            group.scene,
            group.kind,
            group.algorithm,
            flags,
            recordedAt,
            group.validUntil,
            msg.sender,
            payloads
        );
    }

    // ---- setStatus

    /// @dev The log holds the entry, and it is a document, or a consent that is to be revoked.
    /// @return owner the institution that recorded it
    function _ownerOf(Inclusion calldata document, uint8 action) private view returns (uint32 owner) {
        bytes calldata entry = document.entry;
        if (entry.length != ENTRY_BYTES || uint8(entry[0]) != VERSION) {
            revert RegistryEntryMalformed(entry.length);
        }
        uint64 index = document.index;
        uint64 size = document.size;
        bytes32 root = _log.roots[size];
        if (root == 0) revert RegistryUnknownSize(size);
        if (!MerkleLog.verifyInclusion(MerkleLog.hashLeaf(entry), index, size, document.proof, root)) {
            revert RegistryProofInvalid(index, size);
        }
        uint8 kind = uint8(entry[1]);
        if (kind != KIND_DOCUMENT && (kind != KIND_CONSENT || action != ACTION_REVOKE)) {
            revert RegistryNotADocument(index, kind);
        }
        return uint32(bytes4(entry[4:8]));
    }

    /// @dev Who the caller is here: the owner itself, or governance for one that is not active.
    function _actorOn(
        Inclusion calldata document,
        uint32 owner,
        uint8 action,
        uint64 time
    ) private view returns (uint32) {
        uint8 state = _institutions[owner].state;
        if (_keys[msg.sender].holder != owner && _isAccreditor()) {
            if (state == STATE_ACTIVE) revert RegistryInstitutionActive(owner);
            return GOVERNANCE;
        }
        uint32 caller = _institutionOfCaller(time);
        if (caller != owner) revert RegistryNotYourEntry(document.index, owner, caller);
        uint8 harmless = uint8(document.entry[1]) == KIND_CONSENT ? ACTION_REVOKE : ACTION_SUSPEND;
        if (state != STATE_ACTIVE && (state != STATE_SUSPENDED || action != harmless)) {
            revert RegistryInstitutionNotActive(owner, state);
        }
        return owner;
    }

    function _checkTransition(uint64 index, uint8 action) private view {
        uint8 current = _statuses[index].action;
        if (current == ACTION_REVOKE || current == ACTION_SUPERSEDE) {
            revert RegistryEntryFinal(index, current);
        }
        if (action == (current == ACTION_SUSPEND ? ACTION_SUSPEND : ACTION_REINSTATE)) {
            revert RegistryStatusUnchanged(index, action);
        }
    }

    function _checkSuccessor(Inclusion calldata successor, uint64 document, uint32 owner) private view {
        uint64 index = successor.index;
        uint32 successorOwner = _ownerOf(successor, ACTION_SUPERSEDE);
        if (successorOwner != owner) revert RegistryNotYourEntry(index, successorOwner, owner);
        if (index == document) revert RegistrySuccessorIsItself(index);
        uint8 action = _statuses[index].action;
        if (action != 0 && action != ACTION_REINSTATE) revert RegistrySuccessorWithdrawn(index, action);
    }

    function _isEmpty(Inclusion calldata inclusion) private pure returns (bool) {
        return
            inclusion.entry.length == 0 &&
            inclusion.index == 0 &&
            inclusion.size == 0 &&
            inclusion.proof.length == 0;
    }
}
