// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl as IAccess} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessControlDefaultAdminRules as IRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IDocumentRegistry as I} from "../../contracts/IDocumentRegistry.sol";
import {DocumentsHandler} from "./invariants/DocumentsHandler.sol";

/// @notice A run never saw `call` taken, or never saw it refused, and so shows nothing of it.
error OneSided(bytes4 call, uint256 taken, uint256 refused);

/// @notice Random calls of the whole registry.
contract Handler is DocumentsHandler {}

/**
 * @title C1 to C17 under random calls of everyone
 * @notice The handler compares each call with the model as it happens; here stands what must hold at every moment, and
 * at the end of a run. `hardhat test solidity` draws the calls from its seed (hardhat.config.ts).
 */
abstract contract RegistryInvariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler internal _handler;
    bytes4[] internal _drawn;
    bytes4[] internal _kinds;

    function setUp() external {
        _handler = new Handler();
        _choose();
    }

    /// @dev Fills `_drawn`, handler functions to draw from, and `_kinds`, functions of the registry that these call.
    function _choose() internal virtual;

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), _drawn);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev The handler speaks for the cast, whoever calls it.
    function targetSenders() external pure returns (address[] memory senders) {
        senders = new address[](1);
        senders[0] = address(0x5e4de5);
    }

    /// @notice The head is the last root that was recorded and is the definition's; counts, pause and successor are right.
    function invariant_TheLogIsThatOfItsEvents() external view {
        _handler.checkHead();
    }

    /// @notice All of storage equals both ghosts; each call was counted, and each kind both taken and refused.
    function afterInvariant() external view {
        _handler.checkAll();
        _handler.checkOperatorKeys();
        _handler.checkProposals();
        (uint256 held, uint256 notHeld) = _handler.looks();
        uint256 counted = held + notHeld;
        (uint256 taken, uint256 refused) = _handler.tallies(0);
        require(taken == 0, "C12: nothing but the functions");
        counted += refused;
        for (uint256 i = 0; i < _kinds.length; ++i) {
            (taken, refused) = _handler.tallies(_kinds[i]);
            if (taken == 0 || refused == 0) revert OneSided(_kinds[i], taken, refused);
            counted += taken + refused;
        }
        require(counted == _handler.calls(), "a call was not counted");
    }
}

/// @notice Documents, their statuses, and the keys and institutions that they hang on.
contract DocumentsInvariants is RegistryInvariants {
    function _choose() internal override {
        _drawn = [
            _handler.anchorDocuments.selector,
            _handler.anchorRecords.selector,
            _handler.anchorWrong.selector,
            _handler.setStatus.selector,
            _handler.supersede.selector,
            _handler.setStatusForged.selector,
            _handler.look.selector,
            _handler.registerInstitution.selector,
            _handler.setInstitutionState.selector,
            _handler.nameAdmin.selector,
            _handler.acceptAdmin.selector,
            _handler.addKey.selector,
            _handler.acceptKey.selector,
            _handler.retireKey.selector,
            _handler.reportKey.selector,
            _handler.defineScene.selector,
            _handler.setPaused.selector,
            _handler.nameSuccessor.selector
        ];
        _kinds = [
            I.anchor.selector,
            I.setStatus.selector,
            I.registerInstitution.selector,
            I.setInstitutionState.selector,
            I.nameAdmin.selector,
            I.acceptAdmin.selector,
            I.addKey.selector,
            I.acceptKey.selector,
            I.retireKey.selector,
            I.reportKey.selector,
            I.defineScene.selector,
            I.setPaused.selector,
            I.nameSuccessor.selector
        ];
    }
}

/// @notice Governance, institutions, operators, their keys, and scenes.
contract DirectoryInvariants is RegistryInvariants {
    function _choose() internal override {
        _drawn = [
            _handler.grantRole.selector,
            _handler.revokeRole.selector,
            _handler.renounceRole.selector,
            _handler.beginTransfer.selector,
            _handler.cancelTransfer.selector,
            _handler.acceptTransfer.selector,
            _handler.changeDelay.selector,
            _handler.rollbackDelay.selector,
            _handler.setPaused.selector,
            _handler.nameSuccessor.selector,
            _handler.callNothing.selector,
            _handler.registerInstitution.selector,
            _handler.amendInstitution.selector,
            _handler.setInstitutionState.selector,
            _handler.nameAdmin.selector,
            _handler.cancelAdmin.selector,
            _handler.acceptAdmin.selector,
            _handler.defineScene.selector,
            _handler.addKey.selector,
            _handler.acceptKey.selector,
            _handler.retireKey.selector,
            _handler.reportKey.selector,
            _handler.correctKeyReport.selector,
            _handler.registerOperator.selector,
            _handler.addOperatorKey.selector,
            _handler.retireOperatorKey.selector,
            _handler.reportOperatorKey.selector,
            _handler.correctOperatorKeyReport.selector,
            _handler.anchorDocuments.selector
        ];
        _kinds = [
            IAccess.grantRole.selector,
            IAccess.revokeRole.selector,
            IAccess.renounceRole.selector,
            IRules.beginDefaultAdminTransfer.selector,
            IRules.cancelDefaultAdminTransfer.selector,
            IRules.acceptDefaultAdminTransfer.selector,
            IRules.changeDefaultAdminDelay.selector,
            IRules.rollbackDefaultAdminDelay.selector,
            I.setPaused.selector,
            I.nameSuccessor.selector,
            I.registerInstitution.selector,
            I.amendInstitution.selector,
            I.setInstitutionState.selector,
            I.nameAdmin.selector,
            I.cancelAdmin.selector,
            I.acceptAdmin.selector,
            I.defineScene.selector,
            I.addKey.selector,
            I.acceptKey.selector,
            I.retireKey.selector,
            I.reportKey.selector,
            I.correctKeyReport.selector,
            I.registerOperator.selector,
            I.addOperatorKey.selector,
            I.retireOperatorKey.selector,
            I.reportOperatorKey.selector,
            I.correctOperatorKeyReport.selector,
            I.anchor.selector
        ];
    }
}
