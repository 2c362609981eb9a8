// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry as I} from "../../../contracts/IDocumentRegistry.sol";
import {Vm} from "../Vm.sol";
import {Registry} from "./Registry.sol";
import {State, States} from "./State.sol";
import {Tree} from "./Tree.sol";

/// @dev What {IDocumentRegistry-InstitutionRegistered} has beside its topics.
struct InstitutionData {
    address admin;
    uint8 roles;
    uint256 scenes;
    string jurisdiction;
    string officialNumber;
    string nameZhHans;
    string nameZhHant;
    string nameEn;
    uint64 recordedAt;
    address recordedBy;
}

/// @dev What {IDocumentRegistry-OperatorKeyAdded} has beside its topics.
struct OperatorKeyData {
    uint32 institution;
    uint8 purpose;
    uint8 signatureType;
    bytes publicKey;
    bytes possession;
    uint64 from;
    uint64 until;
    uint64 recordedAt;
    address recordedBy;
}

/// @dev What {IDocumentRegistry-SceneDefined} has beside its topics.
struct SceneData {
    string slug;
    string nameZhHans;
    string nameZhHant;
    string nameEn;
    bool blinded;
    bool personal;
    uint64 recordedAt;
    address recordedBy;
}

/// @title The directory rebuilt from its events alone, and the entries that these events stand for
abstract contract DirectoryReplay {
    using States for State;
    using Tree for Tree.Leaves;

    Registry internal _registry;
    State internal _replayed;
    Tree.Leaves internal _tree;
    bytes[] internal _entries;

    /// @dev What an event says beside its topics.
    struct Change {
        uint32 institution;
        bytes parameters;
        uint64 recordedAt;
        address by;
    }

    function _append(bytes memory entry, uint64 recordedAt) internal {
        require(entry.length == 80, "an entry has 80 bytes");
        require(recordedAt >= _replayed.lastRecordedAt, "C8: recordedAt never decreases");
        _tree.append(entry);
        _entries.push(entry);
        _replayed.size = uint64(_entries.length);
        _replayed.lastRecordedAt = recordedAt;
    }

    /// @dev An entry without digest, scene and validity.
    function _entryOf(
        uint8 kind,
        uint8 flags,
        uint32 institution,
        uint64 recordedAt,
        bytes32 payload,
        address by
    ) internal pure returns (bytes memory) {
        return
            abi.encodePacked(
                uint8(1),
                kind,
                uint8(0),
                flags,
                institution,
                uint32(0),
                recordedAt,
                uint64(0),
                payload,
                by
            );
    }

    function _replayChange(Vm.Log memory log) internal {
        bytes32 topic = log.topics[0];
        Change memory change;
        if (topic == I.InstitutionRegistered.selector) change = _institution(log);
        else if (topic == I.OperatorRegistered.selector) change = _operator(log);
        else if (topic == I.OperatorKeyAdded.selector) change = _operatorKey(log);
        else if (topic == I.SceneDefined.selector) change = _scene(log);
        else change = _words(log);
        bytes32 payload = sha256(abi.encodePacked(topic, change.parameters));
        _append(_entryOf(5, 0, change.institution, change.recordedAt, payload, change.by), change.recordedAt);
    }

    // ---- events whose parameters are words

    function _words(Vm.Log memory log) private returns (Change memory change) {
        bytes memory data = log.data;
        uint256 words = data.length / 32;
        change.recordedAt = uint64(_word(data, words - 2));
        change.by = address(uint160(_word(data, words - 1)));
        for (uint256 i = 2; i < log.topics.length; ++i) {
            change.parameters = abi.encodePacked(change.parameters, log.topics[i]);
        }
        for (uint256 i = 0; i < words; ++i) {
            if (i == words - 2) continue;
            change.parameters = abi.encodePacked(change.parameters, _word(data, i));
        }
        change.institution = _applyWords(log, change.recordedAt);
    }

    function _applyWords(Vm.Log memory log, uint64 recordedAt) private returns (uint32 institution) {
        bytes32 topic = log.topics[0];
        if (_isOfInstitution(topic)) {
            institution = uint32(uint256(log.topics[2]));
            _applyInstitution(log, institution, recordedAt);
            _checkInstitution(institution);
        } else if (
            topic == I.OperatorKeyRetired.selector ||
            topic == I.OperatorKeyCompromised.selector ||
            topic == I.OperatorKeyReportCorrected.selector
        ) {
            institution = _applyOperatorKey(log);
        } else {
            _applyGovernance(log);
        }
    }

    function _isOfInstitution(bytes32 topic) private pure returns (bool) {
        return
            topic == I.InstitutionStateSet.selector ||
            topic == I.AdminNamed.selector ||
            topic == I.AdminNamingCancelled.selector ||
            topic == I.AdminReplaced.selector ||
            topic == I.KeyProposed.selector ||
            topic == I.KeyAdded.selector ||
            topic == I.KeyRetired.selector ||
            topic == I.KeyCompromised.selector ||
            topic == I.KeyReportCorrected.selector;
    }

    function _applyInstitution(Vm.Log memory log, uint32 id, uint64 recordedAt) private {
        bytes32 topic = log.topics[0];
        I.Institution storage institution = _replayed.institutions[id];
        uint64 first = uint64(_word(log.data, 0));
        if (topic == I.InstitutionStateSet.selector) {
            institution.state = uint8(first);
            _forgetNext(institution);
            return;
        }
        address account = address(uint160(uint256(log.topics[3])));
        if (topic == I.AdminNamed.selector) {
            (institution.nextAdmin, institution.nextAdminFrom) = (account, first);
            institution.nextByGovernance = _word(log.data, 1) != 0;
        } else if (topic == I.AdminNamingCancelled.selector) {
            require(institution.nextAdmin == account, "it was named");
            _forgetNext(institution);
        } else if (topic == I.AdminReplaced.selector) {
            require(institution.nextAdmin == account, "it was named");
            bool byGovernance = institution.adminByGovernance || institution.nextByGovernance;
            require(first == (byGovernance ? 1 : 0), "C14: no admin is laundered");
            (institution.admin, institution.adminByGovernance) = (account, byGovernance);
            _forgetNext(institution);
        } else {
            _applyKey(log, id, account, recordedAt);
        }
    }

    function _forgetNext(I.Institution storage institution) private {
        (institution.nextAdmin, institution.nextAdminFrom) = (address(0), 0);
        institution.nextByGovernance = false;
    }

    function _applyKey(Vm.Log memory log, uint32 id, address account, uint64 recordedAt) private {
        I.Key storage key = _replayed.keys[account];
        uint64 first = uint64(_word(log.data, 0));
        if (log.topics[0] == I.KeyProposed.selector) {
            address by = address(uint160(_word(log.data, 3)));
            _replayed.proposals[id][account] = I.Proposal(by, uint48(first), uint48(_word(log.data, 1)));
        } else if (log.topics[0] == I.KeyAdded.selector) {
            require(_replayed.proposals[id][account].admin == _replayed.institutions[id].admin, "proposed");
            require(address(uint160(_word(log.data, 3))) == account, "C15: a key accepts itself");
            delete _replayed.proposals[id][account];
            _openKey(key, id, recordedAt, first, uint64(_word(log.data, 1)));
            ++_replayed.institutions[id].keysInUse;
        } else if (log.topics[0] == I.KeyRetired.selector) {
            key.until = first;
            if (!key.retired) --_replayed.institutions[id].keysInUse;
            key.retired = true;
        } else {
            _applyReport(key, id, first, log);
        }
        _checkKey(account);
        _checkProposal(id, account);
    }

    function _openKey(I.Key storage key, uint32 holder, uint64 addedAt, uint64 from, uint64 until) private {
        (key.holder, key.addedAt, key.from, key.until) = (holder, addedAt, from, until);
    }

    /// @dev A report or its correction. What the present admin reported is kept beside, and bounds corrections.
    function _applyReport(I.Key storage key, uint32 institution, uint64 since, Vm.Log memory log) private {
        bytes32 topic = log.topics[0];
        address by = address(uint160(_word(log.data, log.data.length / 32 - 1)));
        bool isReport = topic == I.KeyCompromised.selector || topic == I.OperatorKeyCompromised.selector;
        if (isReport) {
            require(key.compromisedSince == 0 || since < key.compromisedSince, "C11: earlier only");
            key.compromisedSince = since;
            if (_replayed.roles[keccak256("ACCREDITOR_ROLE")][by]) return;
            (key.reportedBy, key.reportedSince) = (by, since);
            return;
        }
        bool stands =
            key.reportedBy != address(0) && key.reportedBy == _replayed.institutions[institution].admin;
        require(since == 0 || since > key.compromisedSince, "C16: a correction is later");
        require(!stands || (since != 0 && since <= key.reportedSince), "C16: the admin's report stands");
        key.compromisedSince = since;
        if (!stands) key.reportedBy = address(0);
    }

    function _applyOperatorKey(Vm.Log memory log) private returns (uint32 institution) {
        I.Key storage key = _replayed.operatorKeys[log.topics[3]].key;
        institution = uint32(_word(log.data, 0));
        require(institution == _replayed.operators[key.holder], "the operator's institution");
        uint64 time = uint64(_word(log.data, 1));
        if (log.topics[0] == I.OperatorKeyRetired.selector) (key.until, key.retired) = (time, true);
        else _applyReport(key, institution, time, log);
        _checkOperatorKey(log.topics[3]);
    }

    function _applyGovernance(Vm.Log memory log) private {
        bytes32 topic = log.topics[0];
        if (topic == I.RoleSet.selector) {
            address account = address(uint160(uint256(log.topics[3])));
            _replayed.roles[log.topics[2]][account] = _word(log.data, 0) != 0;
        } else if (topic == I.PauseSet.selector) {
            _replayed.paused = _word(log.data, 0) != 0;
        } else {
            require(topic == I.SuccessorNamed.selector, "an event of the interface");
            _replayed.successor = address(uint160(uint256(log.topics[2])));
        }
    }

    // ---- events with texts

    function _institution(Vm.Log memory log) private returns (Change memory change) {
        InstitutionData memory data = abi.decode(_asStruct(log.data), (InstitutionData));
        uint32 id = uint32(uint256(log.topics[2]));
        bytes memory texts = abi.encode(
            id,
            data.admin,
            data.roles,
            data.scenes,
            data.jurisdiction,
            data.officialNumber,
            data.nameZhHans,
            data.nameZhHant,
            data.nameEn,
            data.recordedBy
        );
        if (id > _replayed.institutionCount) {
            require(id == ++_replayed.institutionCount, "ids follow one another");
            _replayed.institutions[id].state = 1;
            _replayed.institutions[id].admin = data.admin;
            require(_replayed.numbers[_numberOf(data)] == 0, "C17: official numbers are unique");
            _replayed.numbers[_numberOf(data)] = id;
        }
        require(_replayed.numbers[_numberOf(data)] == id, "C17: official numbers are constant");
        require(_replayed.institutions[id].admin == data.admin, "the present admin");
        _replayed.institutions[id].roles = data.roles;
        _replayed.institutions[id].scenes = data.scenes;
        _checkInstitution(id);
        return Change(id, texts, data.recordedAt, data.recordedBy);
    }

    function _numberOf(InstitutionData memory data) private pure returns (bytes32) {
        return keccak256(abi.encode(data.jurisdiction, data.officialNumber));
    }

    function _operator(Vm.Log memory log) private returns (Change memory change) {
        (string memory name, uint64 recordedAt, address by) = abi.decode(log.data, (string, uint64, address));
        uint32 id = uint32(uint256(log.topics[2]));
        uint32 institution = uint32(uint256(log.topics[3]));
        require(id == ++_replayed.operatorCount, "ids follow one another");
        _replayed.operators[id] = institution;
        _checkOperator(id);
        return Change(institution, abi.encode(id, institution, name, by), recordedAt, by);
    }

    function _operatorKey(Vm.Log memory log) private returns (Change memory change) {
        OperatorKeyData memory data = abi.decode(_asStruct(log.data), (OperatorKeyData));
        uint32 id = uint32(uint256(log.topics[2]));
        bytes32 keyId = log.topics[3];
        change.parameters = abi.encode(
            id,
            keyId,
            data.institution,
            data.purpose,
            data.signatureType,
            data.publicKey,
            data.possession,
            data.from,
            data.until,
            data.recordedBy
        );
        bytes memory named = abi.encode(id, data.purpose, data.signatureType, data.publicKey);
        require(keyId == sha256(named), "keyId");
        require(data.institution == _replayed.operators[id], "the operator's institution");
        change.institution = data.institution;
        (change.recordedAt, change.by) = (data.recordedAt, data.recordedBy);
        I.OperatorKey storage added = _replayed.operatorKeys[keyId];
        _openKey(added.key, id, data.recordedAt, data.from, data.until);
        (added.purpose, added.signatureType) = (data.purpose, data.signatureType);
        _checkOperatorKey(keyId);
    }

    function _scene(Vm.Log memory log) private returns (Change memory change) {
        SceneData memory data = abi.decode(_asStruct(log.data), (SceneData));
        uint32 id = uint32(uint256(log.topics[2]));
        change.parameters = abi.encode(
            id,
            data.slug,
            data.nameZhHans,
            data.nameZhHant,
            data.nameEn,
            data.blinded,
            data.personal,
            data.recordedBy
        );
        (change.recordedAt, change.by) = (data.recordedAt, data.recordedBy);
        require(id == ++_replayed.sceneCount, "ids follow one another");
        _replayed.scenes[keccak256(bytes(data.slug))] = id;
        _checkScene(data.slug);
    }

    /// @dev Parameters, as the ABI has them of one struct.
    function _asStruct(bytes memory data) internal pure returns (bytes memory) {
        return abi.encodePacked(uint256(32), data);
    }

    function _word(bytes memory data, uint256 i) internal pure returns (uint256 word) {
        require(data.length >= 32 * (i + 1), "a word of the data");
        assembly ("memory-safe") {
            word := mload(add(data, mul(32, add(i, 1))))
        }
    }

    // ---- what was rebuilt, beside storage. A second ghost joins by overriding these

    function _checkInstitution(uint32 id) internal view virtual {
        _replayed.checkInstitution(_registry, id);
    }

    function _checkKey(address key) internal view virtual {
        _replayed.checkKey(_registry, key);
    }

    function _checkProposal(uint32 id, address key) internal view virtual {
        _replayed.checkProposal(_registry, id, key);
    }

    function _checkOperator(uint32 id) internal view virtual {
        _replayed.checkOperator(_registry, id);
    }

    function _checkOperatorKey(bytes32 keyId) internal view virtual {
        _replayed.checkOperatorKey(_registry, keyId);
    }

    function _checkStatus(uint64 document) internal view virtual {
        _replayed.checkStatus(_registry, document);
    }

    function _checkScene(string memory slug) internal view virtual {
        _replayed.checkScene(_registry, slug);
    }

    function _checkWhole() internal view virtual {
        _replayed.checkWhole(_registry);
    }
}
